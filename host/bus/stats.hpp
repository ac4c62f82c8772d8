// SPDX-License-Identifier: Apache-2.0
// Counters of the bus, by value. For every stream and each subscription that joined at its start:
//   produced = committed + sum(dropped)   and   committed = delivered + failed + lost + in_flight
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/abi/ext/lane.h>

namespace sonde::bus {

// "lane_full", "queue_full", ...: value of the `reason` attribute.
[[nodiscard]] std::string_view reason_name(std::uint32_t reason) noexcept;

struct stream_stats {
    std::string topic;
    std::uint64_t produced = 0;   // items offered: committed or dropped
    std::uint64_t committed = 0;  // items accepted
    std::uint64_t bytes = 0;      // of committed items
    std::uint64_t batches = 0;    // sealed and sent
    std::uint64_t sealed = 0;     // items in them; committed minus sealed are in the open batch
    std::array<std::uint64_t, SONDE_REASON_COUNT> dropped{};
    std::array<std::uint64_t, SONDE_REASON_COUNT> dropped_bytes{};
    std::uint32_t subscribers = 0;
};

struct lane_stats {
    std::uint32_t id = 0;
    std::uint32_t incarnation = 0;
    std::string instance;
    std::string source;
    bool open = true;
    std::uint64_t outstanding_bytes = 0;
    std::uint64_t budget_bytes = 0;
    std::vector<stream_stats> streams;
};

// What one subscription knows of one stream.
struct position_stats {
    std::uint32_t lane_id = 0;
    std::string instance;  // of the lane
    std::string topic;
    std::uint64_t delivered = 0;  // items settled as ok
    std::uint64_t failed = 0;     // items settled as failed
    std::uint64_t lost = 0;       // queue_full, found by the gap
    std::uint64_t shutdown = 0;   // items still owed when the subscription was closed
    std::uint64_t in_flight = 0;  // sealed items that are queued, being consumed, or lost without a gap seen yet
};

struct subscription_stats {
    std::string name;
    bool open = true;  // false: the sum of all subscriptions of this name that are gone
    bool lossless = false;
    std::uint64_t batches = 0;
    std::uint64_t malformed = 0;    // batches whose header was refused
    std::int64_t behind_since = 0;  // CLOCK_MONOTONIC when it last caught up while owed something; 0: not behind
    std::vector<position_stats> positions;
};

}  // namespace sonde::bus
