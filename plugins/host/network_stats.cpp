// SPDX-License-Identifier: Apache-2.0
#include "host/network_stats.hpp"

#include <array>

#include "host/text.hpp"

namespace sonde::host_metrics {
namespace {

constexpr std::size_t column_count = 16;
constexpr std::size_t transmit_column = 8;

bool parse_line(std::string_view line, interface_counters& into) {
    // Old kernels leave no blank between the colon and a large number.
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
        return false;
    }
    std::string_view before = line.substr(0, colon);
    into.name = next_word(before);
    std::string_view rest = line.substr(colon + 1);
    std::array<std::uint64_t, column_count> columns{};
    for (std::uint64_t& column : columns) {
        if (!next_number(rest, column)) {
            return false;
        }
    }
    into.received = {columns[0], columns[1], columns[2], columns[3]};
    into.transmitted = {columns[transmit_column], columns[transmit_column + 1], columns[transmit_column + 2],
                        columns[transmit_column + 3]};
    return !into.name.empty() && next_word(before).empty();
}

}  // namespace

std::size_t parse_network_stats(std::string_view text, std::vector<interface_counters>& into) {
    std::size_t malformed = 0;
    for (std::string_view line; next_line(text, line);) {
        if (line.find('|') != std::string_view::npos) {
            continue;  // the head
        }
        interface_counters found;
        if (parse_line(line, found)) {
            into.push_back(found);
        } else {
            ++malformed;
        }
    }
    return malformed;
}

}  // namespace sonde::host_metrics
