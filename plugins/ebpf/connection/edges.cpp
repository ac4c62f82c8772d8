// SPDX-License-Identifier: Apache-2.0
#include "ebpf/connection/edges.hpp"

#include <algorithm>

#include "ebpf/connection/chain_index.hpp"

namespace sonde::ebpf::connection {
namespace {

edge edge_of(const delta& told) {
    const row& of = *told.of;
    const tuple& key = of.who.key;
    const bool is_server = told.way == direction::incoming;
    edge made;
    made.client = is_server ? told.peer : &of;
    made.server = is_server ? &of : told.peer;
    made.client_ip = is_server ? key.remote.ip : key.local.ip;
    made.server_end = is_server ? key.local : (told.nat != nullptr ? told.nat->reply_source : key.remote);
    made.family = key.family;
    made.protocol = key.protocol;
    made.traffic = told.last;
    if (is_server) {
        std::swap(made.traffic.sent_bytes, made.traffic.received_bytes);
        std::swap(made.traffic.sent_packets, made.traffic.received_packets);
    }
    made.failures = told.failures;
    made.connections = told.merged;
    made.observations = told.peer == nullptr ? 1 : 2;
    return made;
}

std::uint64_t process_of(const row* of) noexcept {
    return of == nullptr ? 0 : connection::hash(of->pid, of->process_start ^ of->cgroup_id);
}

std::uint64_t hash(const edge& of) noexcept {
    const tuple key{{of.client_ip, 0}, of.server_end, 0, of.family, of.protocol};
    return connection::hash(key, process_of(of.client));
}

bool are_alike(const edge& a, const edge& b) noexcept {
    return a.client_ip == b.client_ip && a.server_end == b.server_end && a.family == b.family &&
           a.protocol == b.protocol && process_of(a.client) == process_of(b.client) &&
           process_of(a.server) == process_of(b.server);
}

}  // namespace

std::vector<edge> edges(std::span<const delta> told) {
    std::vector<edge> made;
    chain_index by_key;
    by_key.reset(told.size());
    for (const delta& one : told) {
        if (one.is_second) {
            continue;
        }
        const edge next = edge_of(one);
        const std::uint32_t same = by_key.find(hash(next), [&](std::uint32_t i) { return are_alike(made[i], next); });
        if (same == chain_index::none) {
            by_key.add(hash(next), static_cast<std::uint32_t>(made.size()));
            made.push_back(next);
            continue;
        }
        edge& into = made[same];
        add(into.traffic, next.traffic);
        for (std::size_t i = 0; i < into.failures.size(); ++i) {
            into.failures[i] += next.failures[i];
        }
        into.connections += next.connections;
        into.observations = std::max(into.observations, next.observations);
    }
    return made;
}

}  // namespace sonde::ebpf::connection
