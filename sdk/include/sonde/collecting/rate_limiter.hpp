// SPDX-License-Identifier: Apache-2.0
// A token bucket: at most `burst` requests at once, `per_second` in the long run. Not thread-safe.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace sonde::collecting {

class rate_limiter {
public:
    // More than zero per second, and at least one at once.
    rate_limiter(double per_second, std::uint32_t burst)
        : interval_(static_cast<std::int64_t>(1e9 / per_second)), slack_(interval_ * (burst - 1)) {}

    // True if a request may go now; it then counts. All times are of one clock that does not go back.
    [[nodiscard]] bool take(std::chrono::nanoseconds now) noexcept {
        if (now < ready_at()) {
            return false;
        }
        // The bucket as the time at which it would be full again (generic cell rate algorithm).
        full_at_ = std::max(full_at_, now) + interval_;
        return true;
    }
    // When the next request may go; in the past if at once.
    [[nodiscard]] std::chrono::nanoseconds ready_at() const noexcept { return full_at_ - slack_; }

private:
    std::chrono::nanoseconds interval_;
    std::chrono::nanoseconds slack_;
    std::chrono::nanoseconds full_at_{};
};

}  // namespace sonde::collecting
