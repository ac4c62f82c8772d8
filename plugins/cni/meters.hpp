// SPDX-License-Identifier: Apache-2.0
// The metrics of a cni collector. README.md lists them.
#pragma once

#include <array>

#include <sonde/host.hpp>

#include "cni/schema.hpp"

namespace sonde::cni {

struct meters {
    explicit meters(const host& on);

    // By schema::source, each part's own.
    std::array<counter, 6> events;
    std::array<counter, 6> lost;

    counter log_lines;
    counter log_bytes;
    counter log_truncated;
    counter log_rotations;
    counter log_truncations;
    counter log_lost_generations;
    counter log_lost_bytes;
    counter log_not_understood;
    counter waits;
    counter positions_saved;
    counter position_failures;
    counter positions_lost;

    gauge configs;
    counter config_malformed;
    gauge results;
    gauge leases;
    counter results_malformed;
    counter left_out;  // beyond a limit

    gauge links;
    gauge namespaces;
    counter netlink_overruns;

    std::array<counter, 7> operations;  // by schema::operation
    std::array<counter, 7> failures;
    std::array<counter, 7> operation_time;
    counter environments_missed;
    counter operations_unfinished;
    gauge operations_running;
};

}  // namespace sonde::cni
