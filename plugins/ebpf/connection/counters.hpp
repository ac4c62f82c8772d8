// SPDX-License-Identifier: Apache-2.0
// Counters of a connection and their arithmetic: maximum, sum, difference with underflow, and the wrap of the kernel's
// 32-bit counters. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace sonde::ebpf::connection {

struct counters {
    std::uint64_t sent_bytes = 0;
    std::uint64_t received_bytes = 0;
    std::uint64_t sent_packets = 0;
    std::uint64_t received_packets = 0;
    std::uint64_t retransmits = 0;
    std::uint64_t established = 0;  // TCP: 1 if the agent saw it begin
    std::uint64_t closed = 0;       // TCP: 1 once it has ended
    bool operator==(const counters&) const = default;
};

inline constexpr std::array traffic_counters{&counters::sent_bytes, &counters::received_bytes, &counters::sent_packets,
                                             &counters::received_packets, &counters::retransmits};
inline constexpr std::array all_counters{
    &counters::sent_bytes,  &counters::received_bytes, &counters::sent_packets, &counters::received_packets,
    &counters::retransmits, &counters::established,    &counters::closed};

// No connection moves more between two looks; what claims so is corrupt.
inline constexpr std::uint64_t most_bytes = std::uint64_t{375} << 30;
inline constexpr std::uint64_t most_packets = most_bytes / 1300;

[[nodiscard]] constexpr bool has_traffic(const counters& of) noexcept {
    return std::ranges::any_of(traffic_counters, [&](auto member) { return of.*member != 0; });
}

[[nodiscard]] constexpr counters larger(const counters& a, const counters& b) noexcept {
    counters made;
    for (auto member : all_counters) {
        made.*member = std::max(a.*member, b.*member);
    }
    return made;
}

constexpr void add(counters& to, const counters& more) noexcept {
    for (auto member : all_counters) {
        to.*member += more.*member;
    }
}

// `total` minus `base`; a counter that would go below zero is 0 and told of.
struct difference {
    counters value;
    bool underflow = false;
};
[[nodiscard]] constexpr difference subtract(const counters& total, const counters& base) noexcept {
    difference made;
    for (auto member : all_counters) {
        if (total.*member < base.*member) {
            made.underflow = true;
        } else {
            made.value.*member = total.*member - base.*member;
        }
    }
    return made;
}

// Sets counters above the ceilings to zero; true if there was one.
[[nodiscard]] constexpr bool clip(counters& delta) noexcept {
    bool clipped = false;
    const auto limit = [&](auto member, std::uint64_t most) {
        if (delta.*member > most) {
            delta.*member = 0;
            clipped = true;
        }
    };
    limit(&counters::sent_bytes, most_bytes);
    limit(&counters::received_bytes, most_bytes);
    limit(&counters::sent_packets, most_packets);
    limit(&counters::received_packets, most_packets);
    limit(&counters::retransmits, most_packets);
    return clipped;
}

// Continues a counter of which the kernel shows the low 32 bits (tcp_sock's segs_in, segs_out, total_retrans). A step
// back by less than half the range is an older look, not a wrap.
[[nodiscard]] constexpr std::uint64_t widen(std::uint64_t before, std::uint32_t seen) noexcept {
    constexpr std::uint64_t range = std::uint64_t{1} << 32;
    const std::uint64_t same = (before & ~(range - 1)) | seen;
    if (same >= before) {
        return same;
    }
    return before - same > range / 2 ? same + range : before;
}

}  // namespace sonde::ebpf::connection
