// SPDX-License-Identifier: Apache-2.0
// /proc/loadavg, and /proc/pressure/* (since Linux 4.20, if it is switched on).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sonde::host_metrics {

struct load_info {
    std::array<double, 3> averages{};  // over 1, 5 and 15 minutes
    std::uint64_t threads = 0;
};
[[nodiscard]] std::optional<load_info> parse_load(std::string_view text);

// How long tasks were stalled, in microseconds since boot.
struct pressure_info {
    std::optional<std::uint64_t> some;  // at least one task
    std::optional<std::uint64_t> full;  // all of them at once; not told for processors before Linux 5.13
};
// Nothing if no line makes sense.
[[nodiscard]] std::optional<pressure_info> parse_pressure(std::string_view text);

}  // namespace sonde::host_metrics
