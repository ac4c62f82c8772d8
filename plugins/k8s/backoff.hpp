// SPDX-License-Identifier: Apache-2.0
// Growing pauses between attempts, with full jitter over their upper half, so that many agents do not come back at
// once.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace sonde::k8s {

using random_source = std::minstd_rand;

// A duration in [from, to].
[[nodiscard]] inline std::chrono::nanoseconds between(random_source& random, std::chrono::nanoseconds from,
                                                      std::chrono::nanoseconds to) {
    return std::chrono::nanoseconds(
        std::uniform_int_distribution<std::int64_t>(from.count(), std::max(from, to).count())(random));
}

class backoff {
public:
    backoff(std::chrono::nanoseconds first, std::chrono::nanoseconds most) : first_(first), most_(most), next_(first) {}

    // The pause before the next attempt; the one after it will be about twice as long, up to the limit.
    [[nodiscard]] std::chrono::nanoseconds next(random_source& random) {
        const auto pause = between(random, next_ / 2, next_);
        next_ = std::min(next_ * 2, most_);
        ++attempts_;
        return pause;
    }
    void reset() noexcept {
        next_ = first_;
        attempts_ = 0;
    }
    [[nodiscard]] std::uint32_t attempts() const noexcept { return attempts_; }

private:
    std::chrono::nanoseconds first_;
    std::chrono::nanoseconds most_;
    std::chrono::nanoseconds next_;
    std::uint32_t attempts_ = 0;
};

}  // namespace sonde::k8s
