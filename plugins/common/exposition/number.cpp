// SPDX-License-Identifier: Apache-2.0
#include "common/exposition/number.hpp"

#include <charconv>
#include <cmath>
#include <limits>

namespace sonde::common::exposition {
namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr std::int64_t ns_per_second = 1'000'000'000;
constexpr std::int64_t most_seconds = std::numeric_limits<std::int64_t>::max() / ns_per_second;
constexpr std::int64_t most_milliseconds = std::numeric_limits<std::int64_t>::max() / ns_per_ms;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Small whole numbers are most of what counters and buckets have; from_chars for doubles takes several times as long.
constexpr std::size_t short_digits = 15;  // exact in a double

std::optional<double> parse_short_whole(std::string_view text) noexcept {
    if (text.empty() || text.size() > short_digits) {
        return std::nullopt;
    }
    std::int64_t whole = 0;
    for (const char c : text) {
        if (!is_digit(c)) {
            return std::nullopt;
        }
        whole = whole * 10 + (c - '0');
    }
    return static_cast<double>(whole);
}

template <class Number>
std::optional<Number> parse_all(std::string_view text) noexcept {
    Number found{};
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), found);
    if (text.empty() || problem != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return found;
}

std::string_view without_plus(std::string_view text) noexcept {
    const bool has_plus = text.size() > 1 && text[0] == '+' && text[1] != '-';
    return has_plus ? text.substr(1) : text;
}

std::optional<std::int64_t> from_real_seconds(std::string_view text) noexcept {
    const auto seconds = parse_value(text);
    if (!seconds || !(std::abs(*seconds) < static_cast<double>(most_seconds))) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(std::llround(*seconds * static_cast<double>(ns_per_second)));
}

}  // namespace

std::optional<double> parse_value(std::string_view text) noexcept {
    if (const auto whole = parse_short_whole(text)) {
        return whole;
    }
    // from_chars would take "nan(text)" for a number.
    if (text.ends_with(')')) {
        return std::nullopt;
    }
    const auto found = parse_all<double>(without_plus(text));
    // Versions of the library differ in whether a number beyond the largest is an error.
    const bool is_too_large = found && std::isinf(*found) && (is_digit(text.back()) || text.back() == '.');
    return is_too_large ? std::nullopt : found;
}

std::optional<std::int64_t> parse_milliseconds(std::string_view text) noexcept {
    const auto found = parse_all<std::int64_t>(without_plus(text));
    if (!found || *found > most_milliseconds || *found < -most_milliseconds) {
        return std::nullopt;
    }
    return *found * ns_per_ms;
}

// A double has no room for nanoseconds of today, so the plain form is read digit by digit.
std::optional<std::int64_t> parse_seconds(std::string_view text) noexcept {
    std::string_view rest = without_plus(text);
    const bool is_negative = rest.starts_with('-');
    rest.remove_prefix(is_negative ? 1 : 0);
    const std::size_t point = rest.find('.');
    const std::string_view whole_text = rest.substr(0, point);
    const auto whole =
        !whole_text.empty() && is_digit(whole_text[0]) ? parse_all<std::int64_t>(whole_text) : std::nullopt;
    if (!whole) {
        return from_real_seconds(text);
    }
    std::int64_t fraction = 0;
    if (point != std::string_view::npos) {
        std::int64_t scale = ns_per_second;
        for (const char c : rest.substr(point + 1)) {
            if (!is_digit(c)) {
                return from_real_seconds(text);
            }
            scale /= 10;
            fraction += scale * (c - '0');
        }
    }
    if (*whole >= most_seconds) {
        return std::nullopt;
    }
    const std::int64_t time = *whole * ns_per_second + fraction;
    return is_negative ? -time : time;
}

}  // namespace sonde::common::exposition
