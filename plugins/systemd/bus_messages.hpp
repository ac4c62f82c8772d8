// SPDX-License-Identifier: Apache-2.0
// Reads what systemd puts into D-Bus messages. Unknown properties, and known ones of another type, are passed over;
// a message that does not have the outer form is refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <systemd/sd-bus.h>

#include "systemd/manager_bus.hpp"
#include "systemd/unit_facts.hpp"

namespace sonde::systemd::bus_messages {

// a{sv}
[[nodiscard]] std::optional<unit_change> read_properties(sd_bus_message* from);
// v, the value of `property`
[[nodiscard]] std::optional<unit_change> read_property(sd_bus_message* from, std::string_view property);
// a(ssssssouso)
[[nodiscard]] std::optional<std::vector<listed_unit>> read_list(sd_bus_message* from);
// v of a job's JobType; empty if it is none
[[nodiscard]] std::string read_text(sd_bus_message* from);
// uos or uoss; `path` is the job's object
[[nodiscard]] std::optional<job_facts> read_job(sd_bus_message* from, bool has_result, std::string& path);

}  // namespace sonde::systemd::bus_messages
