// SPDX-License-Identifier: Apache-2.0
#include "ebpf/flow/hooks.hpp"

namespace sonde::ebpf::flow {
namespace {

// Owners of sockets lie either in the sockets or in a table; programs of both kinds do not understand each other.
constexpr const char* in_socket = "socket_storage";
constexpr const char* in_table = "socket_table";

}  // namespace

std::vector<bpf::hook> hooks(const wanted& of) {
    using enum bpf::attach_to;
    std::vector<bpf::hook> all;
    if (of.tcp) {
        all.push_back({tcp_states_hook,
                       {{"tcp_state", "tp_btf", nullptr, in_socket},
                        {"tcp_state_hashed", "tp_btf with a table", nullptr, in_table}},
                       section});
        all.push_back({tcp_walk_hook,
                       {{"tcp_walk", "iter/bpf_sk_storage_map", "socket_owners", in_socket},
                        {"tcp_walk_hashed", "iter/bpf_map_elem", "hashed_owners", in_table}},
                       map_iterator});
        all.push_back({tcp_owners_hook,
                       {{"tcp_owners", "iter/task_file", nullptr, in_socket},
                        {"tcp_owners_hashed", "iter/task_file with a table", nullptr, in_table}},
                       iterator});
    }
    if (of.udp || of.dns) {
        all.push_back({udp_sent_hook, {{"udp_sent", "cgroup_skb/egress"}}, cgroup});
        all.push_back({udp_received_hook, {{"udp_received", "cgroup_skb/ingress"}}, cgroup});
        all.push_back(
            {udp_created_hook,
             {{"udp_created", "cgroup/sock_create"}, {"udp_created_blind", "cgroup/sock_create without namespace"}},
             cgroup});
    }
    return all;
}

}  // namespace sonde::ebpf::flow
