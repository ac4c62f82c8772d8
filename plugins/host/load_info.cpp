// SPDX-License-Identifier: Apache-2.0
#include "host/load_info.hpp"

#include "host/text.hpp"

namespace sonde::host_metrics {

std::optional<load_info> parse_load(std::string_view text) {
    load_info found;
    for (double& average : found.averages) {
        if (!next_number(text, average)) {
            return std::nullopt;
        }
    }
    const std::string_view tasks = next_word(text);  // "2/137"
    const std::size_t slash = tasks.find('/');
    if (slash == std::string_view::npos || !to_number(tasks.substr(slash + 1), found.threads)) {
        return std::nullopt;
    }
    return found;
}

std::optional<pressure_info> parse_pressure(std::string_view text) {
    constexpr std::string_view total = "total=";
    pressure_info found;
    for (std::string_view line; next_line(text, line);) {
        const std::string_view level = next_word(line);
        std::uint64_t microseconds = 0;
        const std::size_t at = line.rfind(total);
        if (at == std::string_view::npos || !to_number(line.substr(at + total.size()), microseconds)) {
            continue;
        }
        if (level == "some") {
            found.some = microseconds;
        } else if (level == "full") {
            found.full = microseconds;
        }
    }
    return found.some || found.full ? std::optional(found) : std::nullopt;
}

}  // namespace sonde::host_metrics
