// SPDX-License-Identifier: Apache-2.0
// What the journal's cursor says of an entry: "s=<sequence>;i=<number>;b=<boot>;m=<monotonic>;t=<realtime>;x=<hash>",
// hexadecimal, times in microseconds. systemd calls the text opaque but has kept it since 2012; another one is
// refused and its entry counted as corrupt.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sonde::systemd {

using id128 = std::array<std::uint8_t, 16>;

struct entry_place {
    id128 sequence{};  // random, one per writer of journal files
    std::uint64_t number = 0;
    std::string_view boot;  // 32 digits, within the cursor's text
    std::uint64_t monotonic_us = 0;
    std::uint64_t realtime_us = 0;
    std::uint64_t hash = 0;  // of the entry's fields
};

[[nodiscard]] std::optional<entry_place> parse_cursor(std::string_view text) noexcept;

// The same for the same entry, however often it is read; different for any two others that are told in practice, since
// the sequence is random.
[[nodiscard]] id128 event_id(const entry_place& of) noexcept;

}  // namespace sonde::systemd
