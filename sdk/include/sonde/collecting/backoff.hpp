// SPDX-License-Identifier: Apache-2.0
// Growing pauses between attempts, with jitter over their upper half, so that many agents do not come back at once.
// Not thread-safe.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace sonde::collecting {

class backoff {
public:
    // `first` is at most `most`. Agents that fail together need different seeds.
    backoff(std::chrono::nanoseconds first, std::chrono::nanoseconds most, std::uint32_t seed)
        : first_(first), most_(most), next_(first), random_(seed) {}

    // The pause before the next attempt; the one after it will be about twice as long, up to the limit.
    [[nodiscard]] std::chrono::nanoseconds next() {
        std::uniform_int_distribution<std::int64_t> within(next_.count() / 2, next_.count());
        next_ = std::min(next_ * 2, most_);
        return std::chrono::nanoseconds(within(random_));
    }
    void reset() noexcept { next_ = first_; }

private:
    std::chrono::nanoseconds first_;
    std::chrono::nanoseconds most_;
    std::chrono::nanoseconds next_;
    std::minstd_rand random_;
};

}  // namespace sonde::collecting
