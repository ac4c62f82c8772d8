// SPDX-License-Identifier: Apache-2.0
// Reads the kernel side's table of UDP flows into the tracker, and takes out what the tracker has let go. Used by one
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include <sonde_bpf/udp.h>

#include <sonde/result.hpp>

#include "bpf/support/map_access.hpp"
#include "ebpf/connection/tracker.hpp"

namespace sonde::ebpf::flow {

// A flow in the form of every connection.
[[nodiscard]] sonde_connection as_connection(const sonde_udp_key& key, const sonde_udp_flow& flow) noexcept;

class udp_flows final {
public:
    // Of the map `udp_flows`. The tracker must outlive it.
    udp_flows(int map_fd, connection::tracker& into, std::string proc_root);

    // Hands every flow to the tracker; how many they were.
    [[nodiscard]] result<std::size_t> read();
    // The tracker has told of its end.
    void forget(const connection::identity& ended) const;

private:
    [[nodiscard]] std::uint32_t namespace_of(std::uint32_t pid);

    bpf::map_access map_;
    connection::tracker& into_;
    std::string proc_root_;
    std::unordered_map<std::uint32_t, std::uint32_t> namespaces_;  // by pid, of this round
};

}  // namespace sonde::ebpf::flow
