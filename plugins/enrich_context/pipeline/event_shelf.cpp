// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/pipeline/event_shelf.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace sonde::enrich_context::pipeline {
namespace {

constexpr std::size_t kept_capacity = 1024;  // of a free slot; more is given back
constexpr std::size_t most_buckets = 1u << 16;

std::size_t size_of(const kept_event& event) noexcept { return event.body.size() + event.sections.size(); }

void empty(std::vector<std::uint8_t>& bytes) {
    bytes.clear();
    if (bytes.capacity() > kept_capacity) {
        bytes.shrink_to_fit();
    }
}

}  // namespace

event_shelf::event_shelf(std::size_t most_events, std::size_t most_bytes)
    : most_events_(std::min<std::size_t>(most_events, none - 1)), most_bytes_(most_bytes),
      buckets_(std::bit_ceil(std::clamp<std::size_t>(most_events_, 1, most_buckets))) {}

bool event_shelf::add(kept_event& event) {
    if (size_ >= most_events_ || bytes_ + size_of(event) > most_bytes_) {
        return false;
    }
    const index place = free_slot();
    slot& at = slots_[place];
    std::swap(at.event, event);
    event.body.clear();
    event.sections.clear();
    at.next = at.next_in_bucket = none;
    at.previous = last_;
    (last_ == none ? first_ : slots_[last_].next) = place;
    last_ = place;
    bucket& same = bucket_of(at.event.order);
    at.previous_in_bucket = same.last;
    (same.last == none ? same.first : slots_[same.last].next_in_bucket) = place;
    same.last = place;
    ++size_;
    bytes_ += size_of(at.event);
    return true;
}

void event_shelf::take(index place, kept_event& to) {
    slot& at = slots_[place];
    (at.previous == none ? first_ : slots_[at.previous].next) = at.next;
    (at.next == none ? last_ : slots_[at.next].previous) = at.previous;
    bucket& same = bucket_of(at.event.order);
    (at.previous_in_bucket == none ? same.first : slots_[at.previous_in_bucket].next_in_bucket) = at.next_in_bucket;
    (at.next_in_bucket == none ? same.last : slots_[at.next_in_bucket].previous_in_bucket) = at.previous_in_bucket;
    --size_;
    bytes_ -= size_of(at.event);
    std::swap(at.event, to);
    empty(at.event.body);
    empty(at.event.sections);
    at.next = free_;
    free_ = place;
}

event_shelf::index event_shelf::first_of(std::uint64_t order) const noexcept {
    for (index at = buckets_[order & (buckets_.size() - 1)].first; at != none; at = slots_[at].next_in_bucket) {
        if (slots_[at].event.order == order) {
            return at;
        }
    }
    return none;
}

event_shelf::index event_shelf::free_slot() {
    if (free_ != none) {
        return std::exchange(free_, slots_[free_].next);
    }
    slots_.emplace_back();
    return static_cast<index>(slots_.size() - 1);
}

}  // namespace sonde::enrich_context::pipeline
