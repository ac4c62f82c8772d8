// SPDX-License-Identifier: Apache-2.0
// Who made a call, in the form that events of processes are written from. Pure function.
#pragma once

#include <sonde_bpf/caller.h>
#include <sonde_bpf/process.h>

namespace sonde::ebpf::calls {

// What an envelope names of a process; the rest is not known and zero.
[[nodiscard]] sonde_process process_of(const sonde_caller& caller) noexcept;

}  // namespace sonde::ebpf::calls
