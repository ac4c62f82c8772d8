// SPDX-License-Identifier: Apache-2.0
// The clock of a fake host: turned by hand, or following the real clocks when a test talks to the real kernel.
// Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <ctime>

namespace sonde::testing {

class fake_clock {
public:
    // Neither is zero, so that a forgotten conversion between the two shows.
    static constexpr std::chrono::nanoseconds first_monotonic = std::chrono::seconds(1'000);
    static constexpr std::chrono::nanoseconds first_wall = std::chrono::seconds(1'700'000'000);

    void set_monotonic(std::chrono::nanoseconds now) noexcept { monotonic_ = now.count(); }
    void advance(std::chrono::nanoseconds by) noexcept { monotonic_ += by.count(); }
    // Unix time minus monotonic time: a step of the wall clock is a change of it.
    void set_wall_offset(std::chrono::nanoseconds offset) noexcept { wall_offset_ = offset.count(); }
    void follow_real_time() noexcept { real_ = true; }

    [[nodiscard]] std::chrono::nanoseconds monotonic() const noexcept {
        return real_ ? read(CLOCK_MONOTONIC) : std::chrono::nanoseconds(monotonic_.load());
    }
    [[nodiscard]] std::chrono::nanoseconds wall_offset() const noexcept {
        return real_ ? read(CLOCK_REALTIME) - read(CLOCK_MONOTONIC) : std::chrono::nanoseconds(wall_offset_.load());
    }
    [[nodiscard]] std::chrono::nanoseconds wall() const noexcept { return monotonic() + wall_offset(); }

private:
    static std::chrono::nanoseconds read(clockid_t id) noexcept {
        timespec now{};
        ::clock_gettime(id, &now);
        return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
    }

    std::atomic<bool> real_ = false;
    std::atomic<std::int64_t> monotonic_ = first_monotonic.count();
    std::atomic<std::int64_t> wall_offset_ = (first_wall - first_monotonic).count();
};

}  // namespace sonde::testing
