// SPDX-License-Identifier: Apache-2.0
// The family of network namespaces: threads that make or enter one, and its end.
#pragma once

#include "ebpf/process/kernel_event_family.hpp"

namespace sonde::ebpf::calls {

inline constexpr const char* namespace_topic = "raw/ebpf/namespace/";

[[nodiscard]] process::kernel_event_family::description namespaces();

}  // namespace sonde::ebpf::calls
