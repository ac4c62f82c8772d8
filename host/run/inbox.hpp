// SPDX-License-Identifier: Apache-2.0
// How other threads talk to the supervisor: closures that it runs in its own loop. Shared, so that a thread that
// outlives the supervisor posts into nothing instead of into freed memory.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "support/fd.hpp"

namespace sonde::run {

class inbox {
public:
    inbox() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

    // Thread-safe. Dropped after close().
    void post(std::function<void()> work) {
        {
            const std::lock_guard lock(mutex_);
            if (closed_) {
                return;
            }
            waiting_.push_back(std::move(work));
        }
        const std::uint64_t one = 1;
        static_cast<void>(::write(wake_.value(), &one, sizeof one) == sizeof one);  // fails only if already readable
    }

    // Supervisor's side.
    [[nodiscard]] int descriptor() const noexcept { return wake_.value(); }
    [[nodiscard]] std::vector<std::function<void()>> take() {
        std::uint64_t count = 0;
        static_cast<void>(::read(wake_.value(), &count, sizeof count) == sizeof count);
        const std::lock_guard lock(mutex_);
        return std::exchange(waiting_, {});
    }
    void close() {
        std::vector<std::function<void()>> dropped;  // destroyed without the lock: closures may own anything
        const std::lock_guard lock(mutex_);
        closed_ = true;
        dropped.swap(waiting_);
    }

private:
    support::unique_fd wake_;
    std::mutex mutex_;
    std::vector<std::function<void()>> waiting_;
    bool closed_ = false;
};

}  // namespace sonde::run
