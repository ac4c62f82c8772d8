// SPDX-License-Identifier: Apache-2.0
#include "support/units.hpp"

#include <array>
#include <charconv>
#include <limits>

#include <fmt/format.h>

namespace sonde::support {
namespace {

struct unit {
    std::string_view name;
    std::int64_t factor;
};

constexpr std::int64_t second = 1'000'000'000;
// Descending, so that formatting takes the largest first and parsing can insist on the order.
constexpr std::array durations{
    unit{"d", 86'400 * second}, unit{"h", 3'600 * second}, unit{"m", 60 * second}, unit{"s", second},
    unit{"ms", 1'000'000},      unit{"us", 1'000},         unit{"ns", 1},
};

constexpr std::array binary_sizes{unit{"TiB", std::int64_t{1} << 40}, unit{"GiB", 1 << 30}, unit{"MiB", 1 << 20},
                                  unit{"KiB", 1 << 10}};
constexpr std::array other_sizes{unit{"TB", 1'000'000'000'000},
                                 unit{"GB", 1'000'000'000},
                                 unit{"MB", 1'000'000},
                                 unit{"KB", 1'000},
                                 unit{"kB", 1'000},
                                 unit{"B", 1},
                                 unit{"", 1}};

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

[[nodiscard]] bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Takes the leading digits; invalid_argument if there are none, result_out_of_range beyond 63 bits.
[[nodiscard]] std::errc take_number(std::string_view& text, std::int64_t& number) noexcept {
    if (text.empty() || !is_digit(text.front())) {
        return std::errc::invalid_argument;
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return error;
}

[[nodiscard]] std::string_view take_word(std::string_view& text) noexcept {
    std::size_t size = 0;
    while (size < text.size() && !is_digit(text[size])) {
        ++size;
    }
    const std::string_view word = text.substr(0, size);
    text.remove_prefix(size);
    return word;
}

template <std::size_t Size>
[[nodiscard]] const unit* find(const std::array<unit, Size>& units, std::string_view name) noexcept {
    for (const unit& candidate : units) {
        if (candidate.name == name) {
            return &candidate;
        }
    }
    return nullptr;
}

[[nodiscard]] std::unexpected<error> bad_duration(std::string_view text) {
    return fail(errc::invalid, fmt::format("'{}' is not a duration; write a whole number with a unit of ns, us, ms, s, "
                                           "m, h or d, such as \"250ms\" or \"1h30m\"",
                                           text));
}

[[nodiscard]] std::unexpected<error> bad_size(std::string_view text) {
    return fail(errc::invalid,
                fmt::format("'{}' is not a size; write whole bytes such as 4096, or a number with a unit of B, KiB, "
                            "MiB, GiB, TiB, kB, MB, GB or TB, such as \"64KiB\"",
                            text));
}

}  // namespace

result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
    if (text == "0") {
        return std::chrono::nanoseconds{0};
    }
    if (text.starts_with('-')) {
        return fail(errc::invalid, fmt::format("'{}' is negative; a duration is zero or more", text));
    }
    std::int64_t total = 0;
    std::int64_t last_factor = most;
    std::string_view rest = text;
    do {
        std::int64_t number = 0;
        const std::errc outcome = take_number(rest, number);
        if (outcome == std::errc::invalid_argument) {
            return bad_duration(text);
        }
        const unit* found = find(durations, take_word(rest));
        if (found == nullptr || found->factor >= last_factor) {
            return bad_duration(text);
        }
        last_factor = found->factor;
        std::int64_t part = 0;
        if (outcome == std::errc::result_out_of_range || __builtin_mul_overflow(number, found->factor, &part) ||
            __builtin_add_overflow(total, part, &total)) {
            return fail(errc::invalid, fmt::format("'{}' is too long; the longest duration is 106751d", text));
        }
    } while (!rest.empty());
    return std::chrono::nanoseconds{total};
}

std::string format_duration(std::chrono::nanoseconds span) {
    std::int64_t rest = span.count();
    if (rest <= 0) {
        return rest == 0 ? "0s" : fmt::format("{}ns", rest);
    }
    std::string text;
    for (const unit& candidate : durations) {
        if (const std::int64_t count = rest / candidate.factor; count != 0) {
            text += fmt::format("{}{}", count, candidate.name);
            rest %= candidate.factor;
        }
    }
    return text;
}

result<std::uint64_t> parse_bytes(std::string_view text) {
    if (text.starts_with('-')) {
        return fail(errc::invalid, fmt::format("'{}' is negative; a size is zero or more", text));
    }
    std::string_view rest = text;
    std::int64_t number = 0;
    const std::errc outcome = take_number(rest, number);
    if (outcome == std::errc::invalid_argument) {
        return bad_size(text);
    }
    if (rest.starts_with(' ')) {
        rest.remove_prefix(1);
    }
    const unit* found = find(binary_sizes, rest);
    if (found == nullptr) {
        found = find(other_sizes, rest);
    }
    if (found == nullptr) {
        return bad_size(text);
    }
    std::int64_t size = 0;
    if (outcome == std::errc::result_out_of_range || __builtin_mul_overflow(number, found->factor, &size)) {
        return fail(errc::invalid, fmt::format("'{}' is too large; the largest size is {} bytes", text, most));
    }
    return static_cast<std::uint64_t>(size);
}

std::string format_bytes(std::uint64_t size) {
    for (const unit& candidate : binary_sizes) {
        const auto factor = static_cast<std::uint64_t>(candidate.factor);
        if (size != 0 && size % factor == 0) {
            return fmt::format("{}{}", size / factor, candidate.name);
        }
    }
    return fmt::format("{}", size);
}

}  // namespace sonde::support
