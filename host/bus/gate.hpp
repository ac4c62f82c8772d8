// SPDX-License-Identifier: Apache-2.0
// Hand-over between the one writer of a stream and the sealer, which only ever tries. Entering uncontended is one
// atomic exchange; the writer waits at most for one seal.
#pragma once

#include <sched.h>

#include <atomic>

namespace sonde::bus {

class gate {
public:
    void enter() noexcept {
        for (unsigned spins = 0; closed_.exchange(true, std::memory_order_acquire); ++spins) {
            if (spins > 64) {
                ::sched_yield();
            }
        }
    }
    [[nodiscard]] bool try_enter() noexcept {
        return !closed_.load(std::memory_order_relaxed) && !closed_.exchange(true, std::memory_order_acquire);
    }
    void leave() noexcept { closed_.store(false, std::memory_order_release); }

private:
    std::atomic<bool> closed_{false};
};

}  // namespace sonde::bus
