// SPDX-License-Identifier: Apache-2.0
// Typed, borrowed view of an instance's validated options. Asking for a key that is not in the option table, or with
// another type, is a defect in the plugin and ends as an exception, which the trampoline turns into errc::internal.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sonde/abi/option.h>
#include <sonde/text.hpp>

namespace sonde {

class settings {
public:
    explicit settings(const sonde_config& values) noexcept : values_(&values) {}

    // False if the option has neither a value nor a default.
    [[nodiscard]] bool has(std::string_view key) const noexcept { return find(key) != nullptr; }
    // True if the user wrote it.
    [[nodiscard]] bool is_set(std::string_view key) const noexcept {
        const auto* value = find(key);
        return value != nullptr && value->is_default == 0;
    }

    [[nodiscard]] bool boolean(std::string_view key) const { return at(key).integer != 0; }
    [[nodiscard]] std::int64_t integer(std::string_view key) const { return at(key).integer; }
    [[nodiscard]] double number(std::string_view key) const { return at(key).number; }
    [[nodiscard]] std::uint64_t bytes(std::string_view key) const {
        return static_cast<std::uint64_t>(at(key).integer);
    }
    [[nodiscard]] std::chrono::nanoseconds duration(std::string_view key) const {
        return std::chrono::nanoseconds(at(key).integer);
    }
    // string, enumeration, path, secret and endpoint
    [[nodiscard]] std::string_view text(std::string_view key) const { return view(at(key).text); }
    // place of the value in the option's choices
    [[nodiscard]] std::size_t choice(std::string_view key) const { return static_cast<std::size_t>(at(key).integer); }

    [[nodiscard]] std::vector<std::string> list(std::string_view key) const {
        std::vector<std::string> items;
        const sonde_value& value = at(key);
        items.reserve(value.item_count);
        for (std::uint64_t i = 0; i < value.item_count; ++i) {
            items.emplace_back(view(value.items[i]));
        }
        return items;
    }

    [[nodiscard]] std::vector<std::pair<std::string, std::string>> map(std::string_view key) const {
        std::vector<std::pair<std::string, std::string>> items;
        const sonde_value& value = at(key);
        for (std::uint64_t i = 0; i + 1 < value.item_count; i += 2) {
            items.emplace_back(view(value.items[i]), view(value.items[i + 1]));
        }
        return items;
    }

private:
    [[nodiscard]] const sonde_value* find(std::string_view key) const noexcept {
        const auto* at = reinterpret_cast<const unsigned char*>(values_->values);
        for (std::uint32_t i = 0; i < values_->value_count; ++i, at += values_->value_size) {
            const auto* value = reinterpret_cast<const sonde_value*>(at);
            if (key == value->key) {
                return value;
            }
        }
        return nullptr;
    }

    [[nodiscard]] const sonde_value& at(std::string_view key) const {
        const sonde_value* value = find(key);
        if (value == nullptr) {
            throw std::out_of_range("option '" + std::string(key) + "' is not in the option table or has no value");
        }
        return *value;
    }

    const sonde_config* values_;
};

}  // namespace sonde
