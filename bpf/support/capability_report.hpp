// SPDX-License-Identifier: Apache-2.0
// What this machine offers to eBPF programs, and what it withholds: for status texts and the page of features. Reading
// it needs no privilege and never fails; what cannot be found out is said to be unknown.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <sonde/result.hpp>

namespace sonde::bpf {

struct capability_report {
    std::string kernel;  // release, as uname tells it
    std::string btf;     // file the kernel's types are read from; empty: none
    bool has_kernel_btf = false;
    bool has_ring_buffer = false;
    std::vector<std::string> missing_capabilities;  // of those that loading and attaching may need
    std::string lockdown;                           // "none", "integrity", "confidentiality", or "unknown"
    std::string cgroup_root;                        // of cgroup v2; empty: not mounted
    std::string tracefs;                            // empty: not mounted
    std::string memory_lock;                        // limit of locked memory: bytes or "unlimited"
};

// `btf_path` is the configured file, or empty.
[[nodiscard]] capability_report look_around(const std::string& btf_path);

// Capabilities of the mask CapEff of /proc/self/status that eBPF needs and that are not in it.
[[nodiscard]] std::vector<std::string> missing_capabilities(std::string_view status_file);
// The chosen word of "none [integrity] confidentiality".
[[nodiscard]] std::string chosen_lockdown(std::string_view lockdown_file);

// Kernels before 5.11 charge programs and maps to the limit of locked memory: raises it as far as is allowed.
void raise_memory_lock() noexcept;

}  // namespace sonde::bpf
