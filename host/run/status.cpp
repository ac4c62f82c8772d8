// SPDX-License-Identifier: Apache-2.0
#include "run/status.hpp"

namespace sonde::run {

bool is_ready(const supervisor_status& of, std::string* why_not) {
    std::string why;
    if (of.stopping) {
        why = "the agent is stopping";
    } else if (!of.applied) {
        why = "the configuration is still being applied";
    }
    for (const auto& each : of.instances) {
        const bool fit = each.state == state::running && each.health.status != sonde::health::permanent &&
                         each.health.status != sonde::health::fatal;
        if (why.empty() && each.enabled && each.required && !fit) {
            why = "required instance '" + each.name + "' is " + std::string(name(each.state)) +
                  (each.health.reason.empty() ? "" : " (" + each.health.reason + ")");
        }
    }
    if (why_not != nullptr) {
        *why_not = why;
    }
    return why.empty();
}

}  // namespace sonde::run
