// SPDX-License-Identifier: Apache-2.0
// Raw events that are kept for a while, in the order in which they came and, beside it, by what they are about. Bounded
// by count and bytes; slots are used again, so that keeping allocates nothing once it has grown.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <vector>

namespace sonde::enrich_context::pipeline {

struct kept_event {
    std::vector<std::uint8_t> body;      // a sonde.v1.EnvelopeBatch of this one event
    std::vector<std::uint8_t> sections;  // see event_sections
    std::uint64_t item = 0;              // its index in its stream
    std::chrono::nanoseconds taken{};    // CLOCK_MONOTONIC
    std::chrono::nanoseconds until{};    // likewise
    std::uint64_t order = 0;             // equal for events that must stay in order
    std::uint64_t fingerprint = 0;       // of what was published; of events that are remembered
};

class event_shelf final {
public:
    using index = std::uint32_t;
    static constexpr index none = std::numeric_limits<index>::max();

    event_shelf(std::size_t most_events, std::size_t most_bytes);

    // Takes the content of `event` and gives it empty memory to fill again. False, with nothing done, if there is no
    // room.
    [[nodiscard]] bool add(kept_event& event);
    // Gives the content back, in exchange for the memory of `to`.
    void take(index place, kept_event& to);

    [[nodiscard]] index first() const noexcept { return first_; }
    [[nodiscard]] index next(index after) const noexcept { return slots_[after].next; }
    [[nodiscard]] const kept_event& at(index place) const noexcept { return slots_[place].event; }
    // The oldest with this order, or none.
    [[nodiscard]] index first_of(std::uint64_t order) const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

private:
    struct slot {
        kept_event event;
        index next = none;
        index previous = none;
        index next_in_bucket = none;
        index previous_in_bucket = none;
    };
    struct bucket {
        index first = none;
        index last = none;
    };
    [[nodiscard]] bucket& bucket_of(std::uint64_t order) noexcept { return buckets_[order & (buckets_.size() - 1)]; }
    [[nodiscard]] index free_slot();

    const std::size_t most_events_;
    const std::size_t most_bytes_;
    std::vector<slot> slots_;
    std::vector<bucket> buckets_;  // a power of two
    index first_ = none;
    index last_ = none;
    index free_ = none;
    std::size_t size_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace sonde::enrich_context::pipeline
