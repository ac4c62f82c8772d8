// SPDX-License-Identifier: Apache-2.0
// The two clocks of the host, in nanoseconds: what the kernel stamps (CLOCK_MONOTONIC) and Unix time.
#pragma once

#include <time.h>

#include <cstdint>

namespace sonde::support {

[[nodiscard]] inline std::int64_t read_clock(clockid_t id) noexcept {
    timespec now{};
    ::clock_gettime(id, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

[[nodiscard]] inline std::int64_t monotonic_now() noexcept { return read_clock(CLOCK_MONOTONIC); }
[[nodiscard]] inline std::int64_t wall_now() noexcept { return read_clock(CLOCK_REALTIME); }
// Unix time minus CLOCK_MONOTONIC at this instant. Both reads take tens of nanoseconds, so it is not cached: a clock
// step is seen at once.
[[nodiscard]] inline std::int64_t wall_offset() noexcept {
    const std::int64_t before = monotonic_now();
    const std::int64_t wall = wall_now();
    const std::int64_t after = monotonic_now();
    return wall - (before + (after - before) / 2);
}

}  // namespace sonde::support
