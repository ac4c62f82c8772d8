// SPDX-License-Identifier: Apache-2.0
// How far a range has been told, and how that is written into the file of positions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "etcd/key_range.hpp"

namespace sonde::etcd {

struct place {
    std::uint64_t cluster_id = 0;
    std::uint64_t revision = 0;  // everything up to it has been told
    bool operator==(const place&) const = default;
};

// "<cluster id, hexadecimal>:<revision>" and back.
[[nodiscard]] std::string to_text(const place& at);
[[nodiscard]] std::optional<place> parse_place(std::string_view text) noexcept;

// Ranges are bytes of any length, keys of the file are words: "watch.", the begin as far as it is plain and fits, and a
// hash (FNV-1a) of the whole range.
[[nodiscard]] std::string position_key(const key_range& of);

}  // namespace sonde::etcd
