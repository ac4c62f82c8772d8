// SPDX-License-Identifier: Apache-2.0
// How far the generations of a file have been read: each by device and inode, and by a fingerprint of its first bytes,
// since inodes are used again and files are truncated. As text it is one word that a position store takes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/result.hpp>

namespace sonde::collecting::file_follower {

// Bytes at the front of a file by which it is known.
inline constexpr std::size_t head_limit = 256;
// So many generations are remembered.
inline constexpr std::size_t generation_limit = 40;

struct file_position {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t offset = 0;  // the first byte that has not been taken
    std::uint64_t head_size = 0;
    std::uint64_t head_hash = 0;
    std::uint64_t modified = 0;  // nanoseconds; when the file was last seen to change under its own name
    bool operator==(const file_position&) const = default;
};

// Oldest first; the last is the one that was followed.
using position = std::vector<file_position>;

[[nodiscard]] std::uint64_t hash_of(std::string_view head) noexcept;

[[nodiscard]] std::string encode(const position& all);
// Refuses what `encode` does not write.
[[nodiscard]] result<position> decode(std::string_view text);

}  // namespace sonde::collecting::file_follower
