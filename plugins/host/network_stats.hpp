// SPDX-License-Identifier: Apache-2.0
// /proc/net/dev: two lines of head, then one line per interface of a network namespace.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sonde::host_metrics {

struct direction_counters {
    std::uint64_t bytes = 0;
    std::uint64_t packets = 0;
    std::uint64_t errors = 0;
    std::uint64_t dropped = 0;
};

struct interface_counters {
    std::string_view name;  // borrows the text
    direction_counters received;
    direction_counters transmitted;
};

// Appends to `into`; returns how many lines were malformed.
std::size_t parse_network_stats(std::string_view text, std::vector<interface_counters>& into);

}  // namespace sonde::host_metrics
