// SPDX-License-Identifier: Apache-2.0
// What one poll tells a client of a connection: the row, and what has changed since the client's last poll. What others
// keep already is pointed to: a poll may tell of every connection of the host. Passive.
#pragma once

#include "ebpf/connection/row.hpp"

namespace sonde::ebpf::connection {

struct delta {
    const row* of = nullptr;           // of merged connections the newest
    const row* peer = nullptr;         // the other end, if it is on this host and known
    const counters* total = nullptr;   // since the connection began
    const translation* nat = nullptr;  // nothing: not translated
    counters last;                     // since this client's previous poll
    failure_counts failures{};         // by place in failure_codes
    std::uint16_t local_port = 0;      // 0: rolled up
    std::uint16_t remote_port = 0;
    direction way = direction::unknown;
    bool is_intra_host = false;
    std::uint32_t rtt = 0;
    std::uint32_t rtt_variation = 0;
    std::uint32_t merged = 1;
    std::uint32_t place = 0;  // of the row among those that the poll knows
    // The same connection is in this answer from its client's end too: count it there.
    bool is_second = false;
};

// Nothing that a client has not been told before.
[[nodiscard]] inline bool is_zero(const delta& of) noexcept {
    return of.last == counters{} && of.failures == failure_counts{};
}

}  // namespace sonde::ebpf::connection
