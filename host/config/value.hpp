// SPDX-License-Identifier: Apache-2.0
// Validated option values of one instance, and their form for the plugin ABI.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/option.hpp>

#include "config/origin.hpp"

namespace sonde::config {

struct value {
    std::string key;
    option_type type = option_type::string;
    std::int64_t integer = 0;
    double number = 0;
    std::string text;
    std::vector<std::string> items;
    bool is_default = false;
    bool is_reloadable = false;  // may change while the instance runs
    origin at;

    // As a user would write it, scalars without quotes; secrets are always "***".
    [[nodiscard]] std::string display() const;
    // As it stands in a TOML file, with quotes; secrets are always "***".
    [[nodiscard]] std::string toml() const;
    // Equal meaning; where it came from does not matter.
    [[nodiscard]] bool same_as(const value& other) const noexcept;
};

// Values in option-table order.
using value_set = std::vector<value>;

[[nodiscard]] const value* find(const value_set& values, std::string_view key) noexcept;

// Owns the arrays behind a sonde_config; `values` must outlive it.
class flat_config {
public:
    explicit flat_config(const value_set& values);
    flat_config(const flat_config&) = delete;
    flat_config& operator=(const flat_config&) = delete;
    [[nodiscard]] const sonde_config& abi() const noexcept { return abi_; }

private:
    std::vector<std::vector<sonde_str>> items_;
    std::vector<sonde_value> values_;
    sonde_config abi_{};
};

}  // namespace sonde::config
