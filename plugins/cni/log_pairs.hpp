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

}  // namespace sonde::cni
