// SPDX-License-Identifier: Apache-2.0
#include "bus/sealer.hpp"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <limits>

#include "bus/lane.hpp"
#include "support/clock.hpp"

namespace sonde::bus {

namespace {
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
}

sealer::sealer() : thread_([this] { loop(); }) { ::pthread_setname_np(thread_.native_handle(), "bus-sealer"); }

sealer::~sealer() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    signal_.notify_one();
    thread_.join();
}

void sealer::add(std::weak_ptr<lane> watched) {
    const std::lock_guard lock(mutex_);
    std::erase_if(lanes_, [](const auto& known) { return known.expired(); });
    lanes_.push_back(std::move(watched));
}

void sealer::wake() noexcept {
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
    }
    signal_.notify_one();
}

std::int64_t sealer::seal_all() {
    std::vector<std::shared_ptr<lane>> live;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& known : lanes_) {
            if (auto found = known.lock()) {
                live.push_back(std::move(found));
            }
        }
    }
    std::int64_t next = never;
    for (const auto& each : live) {
        next = std::min(next, each->seal_due(support::monotonic_now()));
    }
    return next;
}

void sealer::loop() {
    for (;;) {
        std::int64_t next = seal_all();
        // Say when we wake, then look once more: a batch opened in between is either seen here or wakes us.
        wakes_at_.store(next, std::memory_order_seq_cst);
        next = std::min(next, seal_all());
        std::unique_lock lock(mutex_);
        const auto ready = [this] { return woken_ || stopping_; };
        if (next == never) {
            signal_.wait(lock, ready);
        } else {
            signal_.wait_for(lock, std::chrono::nanoseconds(next - support::monotonic_now()), ready);
        }
        woken_ = false;
        if (stopping_) {
            return;
        }
        wakes_at_.store(0, std::memory_order_seq_cst);  // awake: nobody needs to wake us
    }
}

}  // namespace sonde::bus
