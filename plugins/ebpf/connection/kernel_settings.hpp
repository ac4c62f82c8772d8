// SPDX-License-Identifier: Apache-2.0
// What the kernel is set to that the tracker has to agree on with it: ports of clients, and how long UDP without
// traffic lives. These settings are of a network namespace, and /proc shows those of the reader's own.
#pragma once

#include <chrono>
#include <string>

#include "ebpf/connection/direction.hpp"

namespace sonde::ebpf::connection {

struct kernel_settings {
    port_range ephemeral;
    // Defaults of net/netfilter/nf_conntrack_proto_udp.c.
    std::chrono::nanoseconds udp_timeout = std::chrono::seconds(30);
    std::chrono::nanoseconds udp_stream_timeout = std::chrono::seconds(120);
};

// What cannot be read, or makes no sense, is the default; without conntrack there are no timeouts to read.
[[nodiscard]] kernel_settings read_kernel_settings(const std::string& proc_root);

}  // namespace sonde::ebpf::connection
