// SPDX-License-Identifier: Apache-2.0
#include "process/boot_clock.hpp"

#include <ctime>
#include <unistd.h>

namespace sonde::process {
namespace {

std::chrono::nanoseconds read_clock(clockid_t id) noexcept {
    timespec now{};
    ::clock_gettime(id, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

boot_clock::boot_clock(std::optional<std::int64_t> boot_seconds, std::chrono::nanoseconds wall) noexcept
    : ticks_per_second_(::sysconf(_SC_CLK_TCK)), boot_(wall - read_clock(CLOCK_BOOTTIME)) {
    if (!boot_seconds) {
        return;
    }
    const std::chrono::nanoseconds coarse = std::chrono::seconds(*boot_seconds);
    // btime wanders by a second as the clock is disciplined; farther away it is another machine's, or a test's.
    if (boot_ < coarse - std::chrono::seconds(2) || boot_ > coarse + std::chrono::seconds(2)) {
        boot_ = coarse;
    }
}

std::int64_t boot_clock::create_time(std::uint64_t start_ticks) const noexcept {
    if (start_ticks == 0) {
        return 0;
    }
    const auto whole = static_cast<std::int64_t>(start_ticks) / ticks_per_second_;
    const auto part = static_cast<std::int64_t>(start_ticks) % ticks_per_second_;
    return boot_.count() + whole * 1'000'000'000 + part * 1'000'000'000 / ticks_per_second_;
}

std::uint64_t boot_clock::ticks_of(std::int64_t create_time) const noexcept {
    const std::int64_t since_boot = create_time - boot_.count();
    if (create_time == 0 || since_boot <= 0) {
        return 0;
    }
    return static_cast<std::uint64_t>(since_boot / 1'000'000'000 * ticks_per_second_ +
                                      since_boot % 1'000'000'000 * ticks_per_second_ / 1'000'000'000);
}

std::uint64_t boot_clock::ticks_at(std::chrono::nanoseconds monotonic) const noexcept {
    const auto suspended = read_clock(CLOCK_BOOTTIME) - read_clock(CLOCK_MONOTONIC);
    const std::int64_t since_boot = (monotonic + suspended).count();
    return static_cast<std::uint64_t>(since_boot / 1'000'000 * ticks_per_second_ / 1'000);
}

}  // namespace sonde::process
