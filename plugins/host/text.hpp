// SPDX-License-Identifier: Apache-2.0
// Walking through the text files of /proc: lines, words, numbers. Nothing is copied, nothing fails louder than false.
#pragma once

#include <algorithm>
#include <charconv>
#include <concepts>
#include <string_view>
#include <system_error>

namespace sonde::host_metrics {

// Cuts the next line, without its end, off `rest`; false when nothing is left.
[[nodiscard]] inline bool next_line(std::string_view& rest, std::string_view& line) noexcept {
    if (rest.empty()) {
        return false;
    }
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return true;
}

// Cuts the next word off `rest`; empty when there is none.
[[nodiscard]] inline std::string_view next_word(std::string_view& rest) noexcept {
    constexpr std::string_view blanks = " \t";
    rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
    const std::string_view word = rest.substr(0, rest.find_first_of(blanks));
    rest.remove_prefix(word.size());
    return word;
}

// The whole of `text` as a number.
template <std::integral Number>
[[nodiscard]] bool to_number(std::string_view text, Number& number) noexcept {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    return problem == std::errc{} && end == text.data() + text.size();
}
[[nodiscard]] inline bool to_number(std::string_view text, double& number) noexcept {
    const auto [end, problem] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    return problem == std::errc{} && end == text.data() + text.size();
}
template <class Number>
[[nodiscard]] bool next_number(std::string_view& rest, Number& number) noexcept {
    return to_number(next_word(rest), number);
}

}  // namespace sonde::host_metrics
