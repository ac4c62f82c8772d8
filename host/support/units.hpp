// SPDX-License-Identifier: Apache-2.0
// Durations and byte sizes as people write them: "250ms", "1h30m", 4096, "64KiB".
// Parsing is exact: anything negative, fractional, without a unit (durations) or too large is refused with a text that
// says what to write. Formatting yields a text that parses to the same value.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <sonde/result.hpp>

namespace sonde::support {

// Units ns, us, ms, s, m, h, d in any descending combination; "0" alone needs none.
[[nodiscard]] result<std::chrono::nanoseconds> parse_duration(std::string_view text);

// "1h30m", "250ms", "0s"; at most the units that are needed.
[[nodiscard]] std::string format_duration(std::chrono::nanoseconds span);

// Bytes, or one of B, KiB, MiB, GiB, TiB (powers of 1024), kB, KB, MB, GB, TB (powers of 1000).
// At most 2^63-1, because the plugin ABI carries sizes as signed 64-bit numbers.
[[nodiscard]] result<std::uint64_t> parse_bytes(std::string_view text);

// "64KiB" where a binary unit divides the size, else the number of bytes.
[[nodiscard]] std::string format_bytes(std::uint64_t size);

}  // namespace sonde::support
