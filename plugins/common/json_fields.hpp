// SPDX-License-Identifier: Apache-2.0
// Short ways to ask a parsed JSON document, in which absence and a wrong type are the same. Only for .cpp files: the
// library's header is large.
#pragma once

#include <string_view>

#include <simdjson.h>

namespace sonde::common::json {

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

// Calls `take(element)` for each member of an array.
template <class Take>
void each_item(element of, Take&& take) {
    array items;
    if (of.get(items) == simdjson::SUCCESS) {
        for (const element item : items) {
            take(item);
        }
    }
}

// The same for the array `key`, if there is one.
template <class Take>
void each_item(element of, std::string_view key, Take&& take) {
    element items;
    if (of[key].get(items) == simdjson::SUCCESS) {
        each_item(items, take);
    }
}

// Calls `take(name, element)` for each member of an object.
template <class Take>
void each_member(element of, Take&& take) {
    object members;
    if (of.get(members) == simdjson::SUCCESS) {
        for (const auto [name, value] : members) {
            take(name, value);
        }
    }
}

// Calls `take(element)` with the member `key`, if there is one.
template <class Take>
void with(element of, std::string_view key, Take&& take) {
    element found;
    if (of[key].get(found) == simdjson::SUCCESS) {
        take(found);
    }
}

// Calls `take(element)` with the object `key`, if there is one.
template <class Take>
void with_object(element of, std::string_view key, Take&& take) {
    with(of, key, [&](element found) {
        if (found.is_object()) {
            take(found);
        }
    });
}

// Calls `take(name, text)` for each text in the object `key`, if there is one.
template <class Take>
void each_text(element of, std::string_view key, Take&& take) {
    with(of, key, [&](element members) {
        each_member(members, [&](std::string_view name, element value) {
            std::string_view found;
            if (value.get(found) == simdjson::SUCCESS) {
                take(name, found);
            }
        });
    });
}

}  // namespace sonde::common::json
