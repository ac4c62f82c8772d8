// SPDX-License-Identifier: Apache-2.0
// The family of connect() calls: each with the address that the program gave, and a second time if it failed before
// anything was sent.
#pragma once

#include "ebpf/process/kernel_event_family.hpp"

namespace sonde::ebpf::calls {

inline constexpr const char* connect_topic = "raw/ebpf/connect/";

[[nodiscard]] process::kernel_event_family::description connects();

}  // namespace sonde::ebpf::calls
