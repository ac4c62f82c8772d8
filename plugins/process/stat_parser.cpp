// SPDX-License-Identifier: Apache-2.0
#include "process/stat_parser.hpp"

#include <algorithm>
#include <charconv>

namespace sonde::process {
namespace {

template <class Number>
[[nodiscard]] bool read_number(std::string_view text, Number& into) noexcept {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), into);
    return problem == std::errc{} && end == text.data() + text.size();
}

std::string_view next_word(std::string_view& rest) noexcept {
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    const std::size_t end = std::min(rest.find_first_of(" \t\n"), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(end);
    return word;
}

bool is_letter(char c) noexcept { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

// The rest of the line that begins with `key`, without it.
std::optional<std::string_view> line_after(std::string_view text, std::string_view key) noexcept {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line = text.substr(at, end - at);
        if (line.starts_with(key)) {
            return line.substr(key.size());
        }
        at = end + 1;
    }
    return std::nullopt;
}

// The second number of a "real effective saved file-system" line.
bool read_effective(std::optional<std::string_view> line, std::uint32_t& into) noexcept {
    if (!line) {
        return false;
    }
    next_word(*line);
    return read_number(next_word(*line), into);
}

}  // namespace

std::optional<stat_line> parse_stat(std::string_view text) noexcept {
    // The name is in parentheses and may hold any byte but NUL; what follows it has no parenthesis.
    const std::size_t open = text.find('(');
    const std::size_t close = text.rfind(')');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open || open < 2) {
        return std::nullopt;
    }
    stat_line line;
    line.name = text.substr(open + 1, close - open - 1);
    std::string_view rest = text.substr(close + 1);
    const std::string_view state = next_word(rest);
    if (!read_number(text.substr(0, open - 1), line.pid) || state.size() != 1 || !is_letter(state.front())) {
        return std::nullopt;
    }
    line.state = state.front();

    constexpr int first_field = 4;  // numbered as in proc(5)
    constexpr int last_field = 24;
    for (int field = first_field; field <= last_field; ++field) {
        const std::string_view word = next_word(rest);
        bool good = !word.empty();
        switch (field) {
        case 4: good = read_number(word, line.parent_pid); break;
        case 6: good = read_number(word, line.session_id); break;
        case 14: good = read_number(word, line.user_ticks); break;
        case 15: good = read_number(word, line.system_ticks); break;
        case 20: good = read_number(word, line.threads); break;
        case 22: good = read_number(word, line.start_ticks); break;
        case 23: good = read_number(word, line.virtual_bytes); break;
        case 24: good = read_number(word, line.resident_pages); break;
        default: break;
        }
        if (!good) {
            return std::nullopt;
        }
    }
    return line;
}

std::optional<status_ids> parse_status(std::string_view text) noexcept {
    // A newline in the name is escaped here, so lines can be trusted.
    status_ids ids;
    if (!read_effective(line_after(text, "Uid:"), ids.user_id) ||
        !read_effective(line_after(text, "Gid:"), ids.group_id)) {
        return std::nullopt;
    }
    return ids;
}

std::optional<std::int64_t> parse_boot_time(std::string_view text) noexcept {
    auto line = line_after(text, "btime ");
    std::int64_t seconds = 0;
    if (!line || !read_number(next_word(*line), seconds)) {
        return std::nullopt;
    }
    return seconds;
}

}  // namespace sonde::process
