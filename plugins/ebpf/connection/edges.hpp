// SPDX-License-Identifier: Apache-2.0
// Who depends on whom, from one poll: connections grouped by client process and server address. A connection whose two
// ends are both in the poll counts once, as its client saw it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ebpf/connection/delta.hpp"

namespace sonde::ebpf::connection {

struct edge {
    const row* client = nullptr;  // a row of the client's process; null if it was not observed
    const row* server = nullptr;  // likewise
    address client_ip{};
    endpoint server_end;  // after translation
    ip_family family = ip_family::ipv4;
    transport protocol = transport::tcp;
    counters traffic;  // since the last poll; sent is from client to server
    failure_counts failures{};
    std::uint32_t connections = 0;
    std::uint32_t observations = 0;  // ends that were observed: 1 or 2
};

// Ordered by the first connection of each edge. Rows must outlive the result.
[[nodiscard]] std::vector<edge> edges(std::span<const delta> told);

}  // namespace sonde::ebpf::connection
