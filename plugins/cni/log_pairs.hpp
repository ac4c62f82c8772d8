// SPDX-License-Identifier: Apache-2.0
// Keys and values in a line of text, in the ways that CNI plugins write them: key=value, key="a value", key:value,
// Key(value).
#pragma once

#include <cstddef>
#include <string_view>

#include "cni/event.hpp"

namespace sonde::cni {

// Puts a value where it belongs, if the key is one that means something; the first one stays. False if it does not.
bool put(std::string_view key, std::string_view value, event& into) noexcept;

// Reads all pairs of a text. Returns how many of them were known.
std::size_t read_pairs(std::string_view text, event& into) noexcept;

// "1.5s", "20ms", or a number of seconds; 0 if it is none.
[[nodiscard]] std::chrono::nanoseconds read_duration(std::string_view text) noexcept;

// "2026-11-21T10:00:00.5Z" and the like, or seconds since 1970; 0 if it is neither. A time without a zone counts as
// none.
[[nodiscard]] std::chrono::nanoseconds read_time(std::string_view text) noexcept;

}  // namespace sonde::cni
