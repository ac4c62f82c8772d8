// SPDX-License-Identifier: Apache-2.0
// An option of a component, by value: listing, help, schema and validation never need live plugin code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sonde/abi/component.h>
#include <sonde/option.hpp>

namespace sonde::config {

// Every member has an initializer, so that a table can name only the members it needs.
struct option_spec {
    std::string key{};
    option_type type = option_type::string;
    std::uint32_t flags = 0;  // SONDE_OPTION_*
    std::optional<std::string> default_value{};
    std::optional<std::string> minimum{};
    std::optional<std::string> maximum{};
    std::vector<std::string> choices{};
    std::string unit{};
    std::string help{};
    std::string details{};
    std::string since{};
    std::string replaced_by{};
    std::string requires_key{};
    std::string conflicts_key{};

    [[nodiscard]] bool is(std::uint32_t flag) const noexcept { return (flags & flag) != 0; }

    [[nodiscard]] static option_spec from(const sonde_option& abi);
    bool operator==(const option_spec&) const = default;
};

// "duration", "list", ...: the word used in help, reference pages and messages.
[[nodiscard]] std::string_view name(option_type type) noexcept;
[[nodiscard]] std::optional<option_type> option_type_named(std::string_view word) noexcept;

// Copies an option table whose records may be shorter or longer than ours (`option_size` is the stride).
[[nodiscard]] std::vector<option_spec> read_options(const sonde_component& component);

}  // namespace sonde::config
