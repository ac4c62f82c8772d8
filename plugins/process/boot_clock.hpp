// SPDX-License-Identifier: Apache-2.0
// Conversion between the kernel's clock ticks since boot, the stamps of its events, and Unix time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace sonde::process {

class boot_clock {
public:
    boot_clock() = default;
    // `boot_seconds` is btime of /proc/stat. It is cut to seconds; if the present clocks (`wall` is Unix time) agree
    // with it, their finer answer is taken. It is asked once, so that a create time stays the same after a clock step.
    boot_clock(std::optional<std::int64_t> boot_seconds, std::chrono::nanoseconds wall) noexcept;

    // Unix ns; 0 for an unknown start.
    [[nodiscard]] std::int64_t create_time(std::uint64_t start_ticks) const noexcept;
    // The other way round; 0 for an unknown time.
    [[nodiscard]] std::uint64_t ticks_of(std::int64_t create_time) const noexcept;
    // Ticks since boot of a CLOCK_MONOTONIC instant of the recent past.
    [[nodiscard]] std::uint64_t ticks_at(std::chrono::nanoseconds monotonic) const noexcept;
    [[nodiscard]] std::int64_t ticks_per_second() const noexcept { return ticks_per_second_; }
    [[nodiscard]] double seconds(std::uint64_t ticks) const noexcept {
        return static_cast<double>(ticks) / static_cast<double>(ticks_per_second_);
    }

private:
    std::int64_t ticks_per_second_ = 100;
    std::chrono::nanoseconds boot_{};
};

// Whether two starts of one pid, in ticks since boot, are the same process's. Whoever derives them from Unix time may
// be a tick or two beside; no pid is given away again that soon.
[[nodiscard]] constexpr bool is_same_start(std::uint64_t one, std::uint64_t other) noexcept {
    constexpr std::uint64_t slack = 2;
    return one > other ? one - other <= slack : other - one <= slack;
}

}  // namespace sonde::process
