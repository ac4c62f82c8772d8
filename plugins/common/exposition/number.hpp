// SPDX-License-Identifier: Apache-2.0
// Numbers as expositions and Prometheus write them. The whole text has to be the number.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sonde::common::exposition {

// Decimal or exponent form, "NaN", "+Inf", "-Inf", in any case. None if it is no number or does not fit a double.
[[nodiscard]] std::optional<double> parse_value(std::string_view text) noexcept;

// Whole milliseconds to Unix ns; none if it is no such number or beyond the year 2262.
[[nodiscard]] std::optional<std::int64_t> parse_milliseconds(std::string_view text) noexcept;

// Seconds, with up to nine digits of a fraction that count, or in exponent form; to Unix ns.
[[nodiscard]] std::optional<std::int64_t> parse_seconds(std::string_view text) noexcept;

}  // namespace sonde::common::exposition
