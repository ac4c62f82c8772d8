// SPDX-License-Identifier: Apache-2.0
// The metrics of a systemd collector. README.md lists them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include <sonde/host.hpp>

namespace sonde::systemd {

// Active states of units, as the gauges have them; anything else is the last.
inline constexpr std::array<std::string_view, 8> state_names{"active",       "inactive",  "failed",      "activating",
                                                             "deactivating", "reloading", "maintenance", "other"};

struct meters {
    explicit meters(const host& on);

    std::array<counter, 9> entries;  // by priority; the last for entries without one
    counter bytes;
    counter skipped;
    counter truncated;
    counter left_out;
    counter malformed;
    counter passed_over;  // numbers of entries that never came
    counter waits;
    counter positions_lost;
    counter positions_saved;
    counter position_failures;
    counter journal_opens;
    gauge lag;
    gauge files_usable;
    gauge files_corrupt;
    gauge files_set_aside;
    gauge files_denied;

    std::array<gauge, state_names.size()> units;
    std::array<counter, 7> unit_events;  // by schema::unit_action
    std::array<counter, 3> job_events;   // by schema::job_action
    counter units_left_out;
    counter bus_messages;
    counter bus_connects;
    counter bus_failures;
    counter bus_lists;
    gauge bus_connected;
};

}  // namespace sonde::systemd
