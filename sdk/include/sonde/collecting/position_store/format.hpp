// SPDX-License-Identifier: Apache-2.0
// The text of a file of positions, for programs and for people:
//   sonde-positions 1
//   journal s=9f0c...;i=4c2
//   checksum 1a2b3c4d
// One line per key; bytes of a value that would not be one word are %XX. The checksum is the CRC-32 of all before it.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include <sonde/result.hpp>

namespace sonde::collecting::position_store {

using positions = std::map<std::string, std::string, std::less<>>;

inline constexpr std::size_t key_limit = 255;
inline constexpr std::size_t value_limit = 4096;
inline constexpr std::size_t file_limit = 16u << 20;

// Letters, digits and ./:@_- with at least one of them.
[[nodiscard]] bool is_key(std::string_view text) noexcept;

[[nodiscard]] std::string encode(const positions& all);

// Everything or nothing: text that `encode` does not write is refused, and the error says in what it differs.
[[nodiscard]] result<positions> decode(std::string_view text);

}  // namespace sonde::collecting::position_store
