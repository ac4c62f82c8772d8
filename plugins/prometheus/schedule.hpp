// SPDX-License-Identifier: Apache-2.0
// When one query or target is asked: at each tick of its interval, never twice at once, and after a failure that may
// pass also between ticks. Ticks that cannot be kept are counted, not made up for. Pure: it is told the time.
#pragma once

#include <chrono>
#include <cstdint>

#include <sonde/collecting/backoff.hpp>

namespace sonde::prometheus {

struct retry_pace {
    std::chrono::nanoseconds first{};
    std::chrono::nanoseconds most{};
    std::uint32_t seed = 0;
};

class schedule {
public:
    using time = std::chrono::nanoseconds;  // CLOCK_MONOTONIC

    schedule(time first_tick, std::chrono::nanoseconds interval, const retry_pace& pace)
        : interval_(interval), next_tick_(first_tick), pause_(pace.first, pace.most, pace.seed) {}

    // Takes note of ticks up to `now`; how many of them are missed.
    std::uint64_t look(time now) noexcept {
        std::uint64_t missed = 0;
        if (now >= next_tick_) {
            const auto passed = static_cast<std::uint64_t>((now - next_tick_) / interval_) + 1;
            next_tick_ += static_cast<std::int64_t>(passed) * interval_;
            missed = is_wanted_ || is_running_ ? passed : passed - 1;
            if (!is_running_) {
                is_wanted_ = is_tick_ = true;
            }
            retries_at_ = never;
        } else if (now >= retries_at_ && !is_running_) {
            is_wanted_ = true;
            is_tick_ = false;
            retries_at_ = never;
        }
        return missed;
    }
    [[nodiscard]] bool is_wanted() const noexcept { return is_wanted_ && !is_running_; }
    // False for a request between ticks.
    [[nodiscard]] bool is_tick() const noexcept { return is_tick_; }
    // Nobody wants an answer at this tick.
    void skip() noexcept { is_wanted_ = false; }
    void begin() noexcept {
        is_wanted_ = false;
        is_running_ = true;
    }
    void end(time now, bool may_retry) {
        is_running_ = false;
        retries_at_ = never;
        if (!may_retry) {
            pause_.reset();
        } else if (const time at = now + pause_.next(); at < next_tick_) {
            retries_at_ = at;
        }
    }
    // When look() may have news.
    [[nodiscard]] time due() const noexcept { return retries_at_ < next_tick_ ? retries_at_ : next_tick_; }

private:
    static constexpr time never = time::max();

    std::chrono::nanoseconds interval_;
    time next_tick_;
    time retries_at_ = never;
    collecting::backoff pause_;
    bool is_wanted_ = false;
    bool is_tick_ = false;
    bool is_running_ = false;
};

}  // namespace sonde::prometheus
