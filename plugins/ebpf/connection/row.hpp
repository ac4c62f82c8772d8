// SPDX-License-Identifier: Apache-2.0
// One connection as the tracker knows it: the row that tables hold, clients are told of and writers write. Passive.
// Times are CLOCK_MONOTONIC nanoseconds, as the kernel side tells them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "ebpf/connection/counters.hpp"
#include "ebpf/connection/failure_codes.hpp"
#include "ebpf/connection/rare.hpp"
#include "ebpf/connection/tuple.hpp"

namespace sonde::ebpf::connection {

// Numbered as in sonde_connection and in connection.proto.
enum class direction : std::uint8_t { unknown = 0, outgoing = 1, incoming = 2 };
enum class role : std::uint8_t { unknown = 0, client = 1, server = 2 };

[[nodiscard]] constexpr role role_of(direction way) noexcept {
    switch (way) {
    case direction::outgoing: return role::client;
    case direction::incoming: return role::server;
    case direction::unknown: break;
    }
    return role::unknown;
}

// The reply tuple of the kernel's connection tracking: its source is the real peer, its destination what the peer
// takes us for.
struct translation {
    endpoint reply_source;
    endpoint reply_destination;
    bool operator==(const translation&) const = default;
};

// States of include/net/tcp_states.h that decide something here.
inline constexpr std::uint8_t tcp_state_close = 7;
inline constexpr std::uint8_t tcp_state_listen = 10;

struct row {
    std::uint64_t id = 0;  // of one life of one connection
    identity who;
    counters total;
    std::uint64_t updated = 0;        // time of the newest record
    std::uint64_t created = 0;        // 0: before the agent
    std::uint64_t established = 0;    // 0: never, or before the agent
    std::uint64_t ended = 0;          // 0: alive
    std::uint64_t cgroup_id = 0;      // 0: unknown
    std::uint64_t process_start = 0;  // CLOCK_BOOTTIME; 0: unknown
    std::uint32_t pid = 0;
    std::uint32_t tid = 0;
    std::uint32_t rtt = 0;            // microseconds
    std::uint32_t rtt_variation = 0;  // microseconds
    std::uint16_t error = 0;
    std::uint8_t state = 0;
    direction way = direction::unknown;
    bool is_way_told = false;  // by the kernel, not guessed
    bool is_closed = false;
    bool is_failed = false;
    bool has_existed = false;
    bool is_accepted = false;
    bool is_assured = false;  // UDP: both sides have spoken, one of them again
    std::array<char, 16> comm{};
    rare<translation> nat;

    [[nodiscard]] std::string_view process_name() const noexcept {
        const std::string_view whole(comm.data(), comm.size());
        return whole.substr(0, whole.find('\0'));
    }
    // Nothing to tell but that it was there.
    [[nodiscard]] bool is_empty() const noexcept { return !has_traffic(total) && !(is_failed && is_failure(error)); }
};

}  // namespace sonde::ebpf::connection
