// SPDX-License-Identifier: Apache-2.0
#include "config/option_spec.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace sonde::config {
namespace {

struct type_name {
    option_type type;
    std::string_view word;
};

constexpr std::array type_names{
    type_name{option_type::boolean, "boolean"},   type_name{option_type::integer, "integer"},
    type_name{option_type::number, "number"},     type_name{option_type::string, "string"},
    type_name{option_type::duration, "duration"}, type_name{option_type::bytes, "bytes"},
    type_name{option_type::enumeration, "enum"},  type_name{option_type::path, "path"},
    type_name{option_type::secret, "secret"},     type_name{option_type::list, "list"},
    type_name{option_type::map, "map"},           type_name{option_type::endpoint, "endpoint"},
};

[[nodiscard]] std::string text_of(const char* text) { return text == nullptr ? std::string() : std::string(text); }

[[nodiscard]] std::optional<std::string> maybe(const char* text) {
    return text == nullptr ? std::nullopt : std::optional<std::string>(text);
}

}  // namespace

option_spec option_spec::from(const sonde_option& abi) {
    option_spec copy;
    copy.key = text_of(abi.key);
    copy.type = static_cast<option_type>(abi.type);
    copy.flags = abi.flags;
    copy.default_value = maybe(abi.default_value);
    copy.minimum = maybe(abi.minimum);
    copy.maximum = maybe(abi.maximum);
    for (const char* const* choice = abi.choices; choice != nullptr && *choice != nullptr; ++choice) {
        copy.choices.emplace_back(*choice);
    }
    copy.unit = text_of(abi.unit);
    copy.help = text_of(abi.help);
    copy.details = text_of(abi.details);
    copy.since = text_of(abi.since);
    copy.replaced_by = text_of(abi.replaced_by);
    copy.requires_key = text_of(abi.requires_key);
    copy.conflicts_key = text_of(abi.conflicts_key);
    return copy;
}

std::string_view name(option_type type) noexcept {
    const auto* found = std::ranges::find(type_names, type, &type_name::type);
    return found == type_names.end() ? "unknown" : found->word;
}

std::optional<option_type> option_type_named(std::string_view word) noexcept {
    const auto* found = std::ranges::find(type_names, word, &type_name::word);
    return found == type_names.end() ? std::nullopt : std::optional(found->type);
}

std::vector<option_spec> read_options(const sonde_component& component) {
    std::vector<option_spec> options;
    if (component.options == nullptr || component.option_size == 0) {
        return options;
    }
    options.reserve(component.option_count);
    const auto* record = reinterpret_cast<const unsigned char*>(component.options);
    for (std::uint32_t i = 0; i < component.option_count; ++i, record += component.option_size) {
        // Members that a shorter, older record lacks stay zero, which means absent.
        sonde_option abi{};
        std::memcpy(&abi, record, std::min<std::size_t>(component.option_size, sizeof abi));
        options.push_back(option_spec::from(abi));
    }
    return options;
}

}  // namespace sonde::config
