// SPDX-License-Identifier: Apache-2.0
// Times and durations as logs have them.
#pragma once

#include <chrono>
#include <string_view>

namespace sonde::cni {

// "1.5s", "20ms", or a number of seconds; 0 if it is none.
[[nodiscard]] std::chrono::nanoseconds read_duration(std::string_view text) noexcept;

// "2026-11-21T10:00:00.5Z" and the like, or seconds since 1970; 0 if it is neither. A time without a zone counts as
// none.
[[nodiscard]] std::chrono::nanoseconds read_time(std::string_view text) noexcept;

}  // namespace sonde::cni
