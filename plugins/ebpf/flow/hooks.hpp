// SPDX-License-Identifier: Apache-2.0
// The kernel programs behind connections and DNS: which hook may be served by what. Pure data.
#pragma once

#include <cstdint>
#include <vector>

#include "bpf/support/ladder.hpp"

namespace sonde::ebpf::flow {

inline constexpr const char* tcp_states_hook = "tcp_states";
inline constexpr const char* tcp_walk_hook = "tcp_walk";
inline constexpr const char* tcp_owners_hook = "tcp_owners";
inline constexpr const char* udp_sent_hook = "udp_sent";
inline constexpr const char* udp_received_hook = "udp_received";
inline constexpr const char* udp_created_hook = "udp_created";

struct wanted {
    bool tcp = true;
    bool udp = true;
    bool dns = true;
};

[[nodiscard]] std::vector<bpf::hook> hooks(const wanted& of);

}  // namespace sonde::ebpf::flow
