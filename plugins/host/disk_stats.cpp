// SPDX-License-Identifier: Apache-2.0
#include "host/disk_stats.hpp"

#include <array>

#include "host/text.hpp"

namespace sonde::host_metrics {
namespace {

constexpr std::size_t full_columns = 10;  // that are of interest, after major, minor and name
constexpr std::size_t short_columns = 4;  // of an old partition

bool parse_line(std::string_view line, disk_counters& into) {
    std::uint64_t major = 0;
    std::uint64_t minor = 0;
    if (!next_number(line, major) || !next_number(line, minor)) {
        return false;
    }
    into.name = next_word(line);
    std::array<std::uint64_t, full_columns> columns{};
    std::size_t count = 0;
    for (; count < full_columns; ++count) {
        const std::string_view word = next_word(line);
        if (word.empty()) {
            break;
        }
        if (!to_number(word, columns[count])) {
            return false;
        }
    }
    if (into.name.empty() || (count != full_columns && count != short_columns)) {
        return false;
    }
    into.is_complete = count == full_columns;
    if (!into.is_complete) {
        into.reads = {.operations = columns[0], .sectors = columns[1]};
        into.writes = {.operations = columns[2], .sectors = columns[3]};
        return true;
    }
    into.reads = {columns[0], columns[1], columns[2], columns[3]};
    into.writes = {columns[4], columns[5], columns[6], columns[7]};
    into.in_flight = columns[8];
    into.busy_milliseconds = columns[9];
    return true;
}

}  // namespace

std::size_t parse_disk_stats(std::string_view text, std::vector<disk_counters>& into) {
    std::size_t malformed = 0;
    for (std::string_view line; next_line(text, line);) {
        disk_counters found;
        if (parse_line(line, found)) {
            into.push_back(found);
        } else {
            ++malformed;
        }
    }
    return malformed;
}

}  // namespace sonde::host_metrics
