// SPDX-License-Identifier: Apache-2.0
#include "ebpf/flow/hooks.hpp"

namespace sonde::ebpf::flow {
namespace {

// Some programs know sockets by their type, others read them by address; what the ones remember misleads the others.
constexpr const char* typed = "typed_sockets";
constexpr const char* untyped = "socket_addresses";

}  // namespace

std::vector<bpf::hook> hooks(const wanted& of) {
    using enum bpf::attach_to;
    std::vector<bpf::hook> all;
    if (of.tcp) {
        all.push_back(
            {tcp_states_hook,
             {{"tcp_state", "tp_btf", nullptr, typed}, {"tcp_state_hashed", "tp_btf with a table", nullptr, untyped}},
             section});
        all.push_back({tcp_walk_hook,
                       {{"tcp_walk", "iter/bpf_map_elem", "socket_buckets", typed},
                        {"tcp_walk_reads", "iter/bpf_map_elem with reads", "socket_buckets", typed},
                        {"tcp_walk_hashed", "iter/bpf_map_elem with a table", "hashed_owners", untyped}},
                       map_iterator});
        all.push_back({tcp_owners_hook,
                       {{"tcp_owners", "iter/task_file", nullptr, typed},
                        {"tcp_owners_hashed", "iter/task_file with a table", nullptr, untyped}},
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
