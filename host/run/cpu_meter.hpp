// SPDX-License-Identifier: Apache-2.0
// CPU time of a few threads of one instance, live while they run and kept after they have ended. Thread-safe.
#pragma once

#include <pthread.h>

#include <cstdint>
#include <mutex>
#include <vector>

#include "support/clock.hpp"

namespace sonde::run {

class cpu_meter {
public:
    // Counts the calling thread for as long as the scope lives.
    class scope {
    public:
        explicit scope(cpu_meter& in) : meter_(in) {
            ::pthread_getcpuclockid(::pthread_self(), &clock_);
            const std::lock_guard lock(meter_.mutex_);
            meter_.live_.push_back(clock_);
        }
        ~scope() {
            const std::lock_guard lock(meter_.mutex_);
            std::erase(meter_.live_, clock_);
            meter_.ended_ += support::read_clock(clock_);
        }
        scope(const scope&) = delete;
        scope& operator=(const scope&) = delete;

    private:
        cpu_meter& meter_;
        clockid_t clock_{};
    };

    // Nanoseconds.
    [[nodiscard]] std::int64_t total() const {
        const std::lock_guard lock(mutex_);
        std::int64_t sum = ended_;
        for (const clockid_t each : live_) {
            sum += support::read_clock(each);
        }
        return sum;
    }

private:
    mutable std::mutex mutex_;
    std::vector<clockid_t> live_;
    std::int64_t ended_ = 0;
};

}  // namespace sonde::run
