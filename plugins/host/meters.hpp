// SPDX-License-Identifier: Apache-2.0
// The metrics of a host collector about itself. README.md lists them.
#pragma once

#include <array>

#include <sonde/host.hpp>

#include "host/groups.hpp"

namespace sonde::host_metrics {

struct meters {
    explicit meters(const sonde::host& on);

    struct of_group {
        counter scans;
        counter failures;
        counter malformed;
        counter skipped;
    };
    std::array<of_group, group_count> groups;
    gauge scan_duration;
    counter host_events;
};

}  // namespace sonde::host_metrics
