// SPDX-License-Identifier: Apache-2.0
#include "cni/log_times.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <ctime>
#include <utility>

namespace sonde::cni {
namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool read_number(std::string_view text, std::size_t at, std::size_t size, int& to) noexcept {
    return at + size <= text.size() &&
           std::from_chars(text.data() + at, text.data() + at + size, to).ptr == text.data() + at + size;
}

}  // namespace

std::chrono::nanoseconds read_duration(std::string_view text) noexcept {
    constexpr std::array<std::pair<std::string_view, double>, 7> units{
        {{"ns", 1.0}, {"us", 1e3}, {"\xc2\xb5s", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 6e10}, {"h", 3.6e12}}};
    constexpr double most = 9e18;
    double total = 0;
    while (!text.empty()) {
        double number = 0;
        const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (problem != std::errc{} || !(number >= 0)) {
            return {};
        }
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        const std::string_view unit = text.substr(0, std::min(text.find_first_of("0123456789."), text.size()));
        const auto found =
            std::find_if(units.begin(), units.end(), [unit](const auto& each) { return each.first == unit; });
        if (found == units.end() && !unit.empty()) {
            return {};
        }
        total += number * (unit.empty() ? 1e9 : found->second);
        text.remove_prefix(unit.size());
    }
    return total < most ? std::chrono::nanoseconds(static_cast<std::int64_t>(total)) : std::chrono::nanoseconds{};
}

std::chrono::nanoseconds read_time(std::string_view text) noexcept {
    constexpr double most_seconds = 9e9;
    constexpr double least_seconds = 1e8;  // smaller numbers are no times of our days
    if (text.find_first_not_of("0123456789.eE+") == std::string_view::npos) {
        double seconds = 0;
        const bool is_number =
            std::from_chars(text.data(), text.data() + text.size(), seconds).ptr == text.data() + text.size();
        return is_number && seconds > least_seconds && seconds < most_seconds
                   ? std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9))
                   : std::chrono::nanoseconds{};
    }
    std::tm at{};
    const bool is_date = text.size() >= 20 && read_number(text, 0, 4, at.tm_year) &&
                         read_number(text, 5, 2, at.tm_mon) && read_number(text, 8, 2, at.tm_mday) &&
                         read_number(text, 11, 2, at.tm_hour) && read_number(text, 14, 2, at.tm_min) &&
                         read_number(text, 17, 2, at.tm_sec) && at.tm_year >= 1970 && at.tm_year < 2200;
    if (!is_date) {
        return {};
    }
    at.tm_year -= 1900;
    at.tm_mon -= 1;
    std::size_t next = 19;
    std::int64_t fraction = 0;
    if (text[next] == '.' || text[next] == ',') {
        ++next;
        std::int64_t unit = 100'000'000;
        for (; next < text.size() && is_digit(text[next]); ++next, unit /= 10) {
            fraction += unit * (text[next] - '0');
        }
    }
    const std::string_view zone = text.substr(next);
    int hours = 0;
    int minutes = 0;
    if (zone.size() >= 5 && (zone.front() == '+' || zone.front() == '-')) {
        const std::size_t colon = zone[3] == ':' ? 1 : 0;
        if (!read_number(zone, 1, 2, hours) || !read_number(zone, 3 + colon, 2, minutes)) {
            return {};
        }
    } else if (zone != "Z") {
        return {};
    }
    const int sign = zone.front() == '-' ? -1 : 1;
    const std::int64_t seconds = ::timegm(&at) - sign * (hours * 3600 + minutes * 60);
    return std::chrono::seconds(seconds) + std::chrono::nanoseconds(fraction);
}

}  // namespace sonde::cni
