// SPDX-License-Identifier: Apache-2.0
#include "bus/slab.hpp"

#include <chrono>
#include <new>

#include "support/clock.hpp"

namespace sonde::bus {

namespace {

chunk* make_chunk(std::size_t capacity) {
    void* memory = ::operator new(sizeof(chunk) + capacity);
    auto* made = new (memory) chunk;
    made->capacity = capacity;
    return made;
}

void free_chunk(chunk* unused) noexcept {
    unused->~chunk();
    ::operator delete(unused);
}

}  // namespace

slab::~slab() {
    for (chunk* unused : idle_) {
        free_chunk(unused);
    }
}

chunk* slab::take(std::size_t size) {
    const std::size_t capacity = size <= regular_ ? regular_ : size;
    // Only the lane's writer adds, so check and add need not be one step.
    if (outstanding_.load() + capacity > budget_) {
        return nullptr;
    }
    outstanding_.fetch_add(capacity);
    chunk* taken = nullptr;
    if (capacity == regular_) {
        idle_gate_.enter();
        if (!idle_.empty()) {
            taken = idle_.back();
            idle_.pop_back();
        }
        idle_gate_.leave();
    }
    if (taken == nullptr) {
        taken = make_chunk(capacity);
    }
    taken->owner = shared_from_this();
    return taken;
}

void slab::wait_for_return(std::uint64_t seen, std::int64_t deadline) {
    waiting_.fetch_add(1);
    {
        std::unique_lock lock(mutex_);
        const std::chrono::nanoseconds left(deadline - support::monotonic_now());
        came_back_.wait_for(lock, left, [&] { return returned_.load() != seen; });
    }
    waiting_.fetch_sub(1);
}

void slab::give_back(chunk* used) noexcept {
    static_cast<void>(used->handovers.load(std::memory_order_acquire));
    const std::shared_ptr<slab> owner = std::move(used->owner);
    owner->put(used);
}

void slab::put(chunk* used) noexcept {
    const std::size_t capacity = used->capacity;
    if (capacity == regular_) {
        idle_gate_.enter();
        if (idle_.size() < most_kept) {
            idle_.push_back(used);
            used = nullptr;
        }
        idle_gate_.leave();
    }
    if (used != nullptr) {
        free_chunk(used);
    }
    outstanding_.fetch_sub(capacity);
    returned_.fetch_add(1);
    if (waiting_.load() != 0) {
        const std::lock_guard lock(mutex_);  // so that the notice cannot fall between a waiter's check and its wait
        came_back_.notify_all();
    }
}

}  // namespace sonde::bus
