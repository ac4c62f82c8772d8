// SPDX-License-Identifier: Apache-2.0
// One topic of a lane: its open batch and its counters. The gate is held by whoever touches the open batch; counters
// may be read by anyone. Shared with subscriptions, which compare their position with `sealed_items`.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/abi/ext/lane.h>

#include "bus/gate.hpp"
#include "bus/lane_settings.hpp"
#include "bus/slab.hpp"
#include "bus/stats.hpp"

namespace sonde::bus {

struct stream {
    std::string topic;
    std::uint32_t id = 0;
    std::uint64_t uid = 0;               // first half of derived event ids
    std::vector<std::uint8_t> resource;  // encoded record that opens every batch; its last 8 bytes are first_item

    gate entrance;
    chunk* open = nullptr;    // the batch being filled
    std::size_t begin = 0;    // where its first record starts
    std::size_t used = 0;     // bytes of the chunk that are written
    std::uint32_t items = 0;  // in the open batch
    std::uint64_t sequence = 0;
    std::int64_t last_seal = std::numeric_limits<std::int64_t>::min() / 2;  // never yet

    std::atomic<std::int64_t> opened_at{0};  // CLOCK_MONOTONIC of the first item in the open batch; 0: none
    std::atomic<std::int64_t> deadline{0};   // when the sealer closes it
    std::atomic<std::uint64_t> committed{0};
    std::atomic<std::uint64_t> bytes{0};
    std::atomic<std::uint64_t> batches{0};
    std::atomic<std::uint64_t> sealed_items{0};
    std::array<std::atomic<std::uint64_t>, SONDE_REASON_COUNT> dropped{};
    std::array<std::atomic<std::uint64_t>, SONDE_REASON_COUNT> dropped_bytes{};
    std::atomic<std::uint32_t> subscribers{0};
    std::atomic<bool> closed{false};  // nothing will be sealed any more

    ~stream() {
        if (open != nullptr) {
            slab::give_back(open);
        }
    }
    stream() = default;
    static std::shared_ptr<stream> make(std::string_view topic, std::uint32_t id, const lane_identity& identity);
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;

    void count_drop(std::uint64_t count, std::uint64_t size, std::uint32_t reason) noexcept {
        dropped[reason].fetch_add(count, std::memory_order_relaxed);
        dropped_bytes[reason].fetch_add(size, std::memory_order_relaxed);
    }
    [[nodiscard]] stream_stats snapshot() const;
};

}  // namespace sonde::bus
