// SPDX-License-Identifier: Apache-2.0
#include "config/value.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <sonde/text.hpp>

#include "config/spelling.hpp"
#include "support/units.hpp"

namespace sonde::config {
namespace {

[[nodiscard]] std::string list_text(const std::vector<std::string>& items) {
    std::string text;
    for (const std::string& item : items) {
        text += (text.empty() ? "" : ", ") + toml_string(item);
    }
    return "[" + text + "]";
}

[[nodiscard]] std::string map_text(const std::vector<std::string>& items) {
    std::string text;
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
        text += fmt::format("{}{} = {}", text.empty() ? " " : ", ", spelt_key(items[i]), toml_string(items[i + 1]));
    }
    return text.empty() ? "{}" : "{" + text + " }";
}

}  // namespace

std::string value::display() const {
    switch (type) {
    case option_type::boolean: return integer != 0 ? "true" : "false";
    case option_type::integer: return fmt::format("{}", integer);
    case option_type::number: return fmt::format("{}", number);
    case option_type::duration: return support::format_duration(std::chrono::nanoseconds(integer));
    case option_type::bytes: return support::format_bytes(static_cast<std::uint64_t>(integer));
    case option_type::secret: return "***";
    case option_type::list: return list_text(items);
    case option_type::map: return map_text(items);
    case option_type::string:
    case option_type::enumeration:
    case option_type::path:
    case option_type::endpoint: break;
    }
    return text;
}

std::string value::toml() const {
    switch (type) {
    case option_type::boolean:
    case option_type::integer:
    case option_type::number:
    case option_type::list:
    case option_type::map: return display();
    default: return toml_string(display());
    }
}

bool value::same_as(const value& other) const noexcept {
    return key == other.key && type == other.type && integer == other.integer && number == other.number &&
           text == other.text && items == other.items;
}

const value* find(const value_set& values, std::string_view key) noexcept {
    const auto found = std::ranges::find(values, key, &value::key);
    return found == values.end() ? nullptr : &*found;
}

flat_config::flat_config(const value_set& values) {
    items_.reserve(values.size());
    values_.reserve(values.size());
    for (const value& from : values) {
        auto& items = items_.emplace_back();
        std::ranges::transform(from.items, std::back_inserter(items), [](const auto& item) { return borrow(item); });
        values_.push_back({
            .key = from.key.c_str(),
            .type = static_cast<std::uint32_t>(from.type),
            .is_default = from.is_default ? 1u : 0u,
            .integer = from.integer,
            .number = from.number,
            .text = borrow(from.text),
            .items = items.data(),
            .item_count = items.size(),
        });
    }
    abi_.struct_size = sizeof abi_;
    abi_.value_size = sizeof(sonde_value);
    abi_.value_count = static_cast<std::uint32_t>(values_.size());
    abi_.values = values_.data();
}

}  // namespace sonde::config
