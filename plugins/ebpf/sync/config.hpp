// SPDX-License-Identifier: Apache-2.0
// Which processes are measured, in the form that the kernel side compares with. Pure functions.
#pragma once

#include <span>
#include <string>

#include <sonde/result.hpp>
#include <sonde_bpf/sync.h>

namespace sonde::ebpf::sync {

// Names are cut to what the kernel keeps of them. Fails for more names than are compared with, and for an empty one.
[[nodiscard]] result<sonde_sync_config> make_config(std::span<const std::string> names);

[[nodiscard]] inline bool is_any(const sonde_sync_config& of) noexcept { return of.names[0].words[0] != 0; }

}  // namespace sonde::ebpf::sync
