// SPDX-License-Identifier: Apache-2.0
// What the endpoints of a systemd collector answer, and how it judges its own health from its two halves.
#pragma once

#include <cstdint>
#include <string>

#include "common/part_state.hpp"
#include "systemd/journal_files.hpp"
#include "systemd/unit_table.hpp"

namespace sonde::systemd {

struct health_report {
    bool is_ok = true;
    std::string reason;
    std::string text;
    bool operator==(const health_report&) const = default;
};
[[nodiscard]] health_report judge(const common::part_state& units, const common::part_state& journal);

struct check_facts {
    const common::part_state* units;
    const common::part_state* journal;
    const file_summary* files;
    std::size_t unit_count;
    std::uint64_t entries;
    std::string cursor;
};
[[nodiscard]] std::string check_json(const check_facts& of);

// `state` leaves out units in other states, unless it is empty.
[[nodiscard]] std::string units_json(const unit_table& units, std::string_view state);

}  // namespace sonde::systemd
