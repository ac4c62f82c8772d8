// SPDX-License-Identifier: Apache-2.0
#include "vault/time_text.hpp"

#include <chrono>

namespace sonde::vault {
namespace {

using namespace std::chrono;

constexpr int first_year = 1970;
constexpr int last_year = 2261;  // the last whole one in 64 bits of ns
constexpr int fraction_digits = 9;

// Takes `count` digits off the front, as a number; -1 if there is anything else.
int take_digits(std::string_view& text, std::size_t count) noexcept {
    if (text.size() < count) {
        return -1;
    }
    int value = 0;
    for (const char c : text.substr(0, count)) {
        if (c < '0' || c > '9') {
            return -1;
        }
        value = value * 10 + (c - '0');
    }
    text.remove_prefix(count);
    return value;
}

bool take(std::string_view& text, char c) noexcept {
    const bool is_there = text.starts_with(c);
    text.remove_prefix(is_there ? 1 : 0);
    return is_there;
}

// ".123" as ns.
std::optional<nanoseconds> take_fraction(std::string_view& text) noexcept {
    if (!take(text, '.')) {
        return nanoseconds(0);
    }
    std::int64_t value = 0;
    int digits = 0;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1)) {
        if (++digits > fraction_digits) {
            return std::nullopt;
        }
        value = value * 10 + (text.front() - '0');
    }
    if (digits == 0) {
        return std::nullopt;
    }
    for (; digits < fraction_digits; ++digits) {
        value *= 10;
    }
    return nanoseconds(value);
}

std::optional<minutes> take_offset(std::string_view& text) noexcept {
    if (take(text, 'Z')) {
        return minutes(0);
    }
    const bool is_east = take(text, '+');
    if (!is_east && !take(text, '-')) {
        return std::nullopt;
    }
    const int hour = take_digits(text, 2);
    if (hour < 0 || hour > 23 || !take(text, ':')) {
        return std::nullopt;
    }
    const int minute = take_digits(text, 2);
    if (minute < 0 || minute > 59) {
        return std::nullopt;
    }
    const minutes offset(hour * 60 + minute);
    return is_east ? offset : -offset;
}

}  // namespace

std::optional<std::uint64_t> parse_time(std::string_view text) noexcept {
    const int year_number = take_digits(text, 4);
    const int month_number = take(text, '-') ? take_digits(text, 2) : -1;
    const int day_number = take(text, '-') ? take_digits(text, 2) : -1;
    const int hour = take(text, 'T') ? take_digits(text, 2) : -1;
    const int minute = take(text, ':') ? take_digits(text, 2) : -1;
    const int second = take(text, ':') ? take_digits(text, 2) : -1;
    const bool is_time = hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59 && second >= 0 && second <= 60;
    if (year_number < first_year || year_number > last_year || month_number < 1 || day_number < 1 || !is_time) {
        return std::nullopt;
    }
    const year_month_day date(year(year_number), month(static_cast<unsigned>(month_number)),
                              day(static_cast<unsigned>(day_number)));
    const auto fraction = take_fraction(text);
    const auto offset = fraction ? take_offset(text) : std::nullopt;
    if (!date.ok() || !offset || !text.empty()) {
        return std::nullopt;
    }
    const nanoseconds at =
        sys_days(date).time_since_epoch() + hours(hour) + minutes(minute) + seconds(second) + *fraction - *offset;
    return at.count() < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(at.count()));
}

}  // namespace sonde::vault
