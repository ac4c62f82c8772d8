// SPDX-License-Identifier: Apache-2.0
// Short ways to ask a parsed document, in which absence and a wrong type are the same. Only for .cpp files: the
// library's header is large.
#pragma once

#include <string_view>

#include <simdjson.h>

namespace sonde::k8s::json {

using element = simdjson::dom::element;
using array = simdjson::dom::array;
using object = simdjson::dom::object;

[[nodiscard]] inline std::string_view text(element of, std::string_view key) noexcept {
    std::string_view found;
    return of[key].get(found) == simdjson::SUCCESS ? found : std::string_view{};
}

[[nodiscard]] inline std::int64_t integer(element of, std::string_view key) noexcept {
    std::int64_t found = 0;
    return of[key].get(found) == simdjson::SUCCESS ? found : 0;
}

[[nodiscard]] inline bool boolean(element of, std::string_view key) noexcept {
    bool found = false;
    return of[key].get(found) == simdjson::SUCCESS && found;
}

// Calls `take(element)` for each member of the array `key`, if there is one.
template <class Take>
void each_item(element of, std::string_view key, Take&& take) {
    array items;
    if (of[key].get(items) == simdjson::SUCCESS) {
        for (const element item : items) {
            take(item);
        }
    }
}

// Calls `take(name, value)` for each text in the object `key`, if there is one.
template <class Take>
void each_text(element of, std::string_view key, Take&& take) {
    object members;
    if (of[key].get(members) != simdjson::SUCCESS) {
        return;
    }
    for (const auto [name, value] : members) {
        std::string_view text;
        if (value.get(text) == simdjson::SUCCESS) {
            take(name, text);
        }
    }
}

// Calls `take(element)` with the object `key`, if there is one.
template <class Take>
void with(element of, std::string_view key, Take&& take) {
    element found;
    if (of[key].get(found) == simdjson::SUCCESS && found.is_object()) {
        take(found);
    }
}

}  // namespace sonde::k8s::json
