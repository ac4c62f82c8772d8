// SPDX-License-Identifier: Apache-2.0
#include "bus/stream.hpp"

namespace sonde::bus {

std::string_view reason_name(std::uint32_t reason) noexcept {
    static constexpr std::array<std::string_view, SONDE_REASON_COUNT> names{
        "lane_full", "queue_full",       "oversize", "malformed", "filtered",
        "shutdown",  "kernel_ring_full", "sampled",  "failed"};
    return reason < names.size() ? names[reason] : "unknown";
}

stream_stats stream::snapshot() const {
    stream_stats now;
    now.topic = topic;
    // Sealed first: it never exceeds what is read as committed afterwards.
    now.sealed = sealed_items.load(std::memory_order_acquire);
    now.committed = committed.load(std::memory_order_acquire);
    now.bytes = bytes.load(std::memory_order_relaxed);
    now.batches = batches.load(std::memory_order_relaxed);
    now.subscribers = subscribers.load(std::memory_order_relaxed);
    now.produced = now.committed;
    for (std::size_t reason = 0; reason < SONDE_REASON_COUNT; ++reason) {
        now.dropped[reason] = dropped[reason].load(std::memory_order_relaxed);
        now.dropped_bytes[reason] = dropped_bytes[reason].load(std::memory_order_relaxed);
        now.produced += now.dropped[reason];
    }
    return now;
}

}  // namespace sonde::bus
