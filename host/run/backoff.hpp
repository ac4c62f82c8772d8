// SPDX-License-Identifier: Apache-2.0
// Exponential back-off with full jitter above half, a limit of consecutive failures, and a reset after good running.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

namespace sonde::run {

struct backoff_settings {
    std::chrono::nanoseconds least{std::chrono::milliseconds(500)};
    std::chrono::nanoseconds most{std::chrono::seconds(30)};
    std::int64_t limit = 10;  // consecutive failures; the one after is given up
    std::chrono::nanoseconds reset{std::chrono::seconds(60)};
};

class backoff {
public:
    // `random` returns a number in [0, 1).
    backoff(backoff_settings settings, std::function<double()> random)
        : settings_(settings), random_(std::move(random)) {}

    // Counts a failure after `ran_for` of running; the time to wait before the next try, or nothing if there is none.
    [[nodiscard]] std::optional<std::chrono::nanoseconds> fail(std::chrono::nanoseconds ran_for);
    void clear() noexcept { failures_ = 0; }
    // From the next failure on; the count stays.
    void adopt(const backoff_settings& settings) noexcept { settings_ = settings; }
    [[nodiscard]] std::int64_t failures() const noexcept { return failures_; }

private:
    backoff_settings settings_;
    std::function<double()> random_;
    std::int64_t failures_ = 0;
};

}  // namespace sonde::run
