// SPDX-License-Identifier: Apache-2.0
// What of the machine the collector can use, in words: as JSON for the endpoint, and as a status. Pure functions.
#pragma once

#include <span>
#include <string>

#include <sonde/host.hpp>

#include "bpf/support/capability_report.hpp"
#include "bpf/support/ladder.hpp"

namespace sonde::ebpf {

// {"kernel": ..., "btf": ..., ..., "hooks": [{"hook", "attached_as", "program", "refused": [...]}]}
[[nodiscard]] std::string features_json(const bpf::capability_report& machine,
                                        std::span<const bpf::hook_outcome> hooks);

// Metric ebpf.hook.attached of each hook: 1 with what it is attached as, or 0.
void meter_hooks(const host& on, std::span<const bpf::hook_outcome> hooks);

struct verdict {
    health state = health::ok;
    std::string reason;
    std::string text;
};
// Degraded until somebody changes something if a hook is not served. A rung that was stepped down is no degradation.
[[nodiscard]] verdict judge(const bpf::capability_report& machine, std::span<const bpf::hook_outcome> hooks);

}  // namespace sonde::ebpf
