// SPDX-License-Identifier: Apache-2.0
// The families of the collector: the one place that knows them all.
#pragma once

#include <memory>
#include <vector>

#include <sonde/host.hpp>

#include "bpf/support/capability_report.hpp"
#include "ebpf/family.hpp"
#include "ebpf/flow/desk.hpp"
#include "ebpf/options.hpp"
#include "ebpf/sync/page.hpp"

namespace sonde::ebpf {

// Those that are switched on.
[[nodiscard]] std::vector<std::unique_ptr<family>> make_families(const host& on, const bpf::capability_report& machine,
                                                                 const option_values& options, flow::desk& questions,
                                                                 flow::desk& http_questions, sync::page& waits);

}  // namespace sonde::ebpf
