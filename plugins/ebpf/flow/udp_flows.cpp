// SPDX-License-Identifier: Apache-2.0
#include "ebpf/flow/udp_flows.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <netinet/in.h>
#include <sys/stat.h>

#include <fmt/format.h>

namespace sonde::ebpf::flow {

sonde_connection as_connection(const sonde_udp_key& key, const sonde_udp_flow& flow) noexcept {
    sonde_connection made{};
    made.cookie = key.cookie;
    made.time = flow.last;
    made.created = flow.first;
    made.established = flow.first;
    made.cgroup_id = flow.cgroup_id;
    made.process_start = flow.process_start;
    made.sent_bytes = flow.sent_bytes;
    made.received_bytes = flow.received_bytes;
    made.sent_packets = flow.sent_packets;
    made.received_packets = flow.received_packets;
    std::ranges::copy(flow.local_address, made.local_address);
    std::ranges::copy(key.remote_address, made.remote_address);
    made.local_port = key.local_port;
    made.remote_port = key.remote_port;
    made.network_namespace = flow.network_namespace;
    made.pid = flow.pid;
    made.tid = flow.tid;
    made.family = key.family;
    made.protocol = IPPROTO_UDP;
    made.direction = flow.direction;
    made.flags = flow.flags;
    std::ranges::copy(flow.comm, made.comm);
    return made;
}

udp_flows::udp_flows(int map_fd, connection::tracker& into, std::string proc_root)
    : map_(map_fd, sizeof(sonde_udp_key), sizeof(sonde_udp_flow)), into_(into), proc_root_(std::move(proc_root)) {}

result<std::size_t> udp_flows::read() {
    namespaces_.clear();
    return map_.for_each([this](std::span<const std::byte> key_bytes, std::span<const std::byte> flow_bytes) {
        sonde_udp_key key;
        sonde_udp_flow flow;
        std::memcpy(&key, key_bytes.data(), sizeof key);
        std::memcpy(&flow, flow_bytes.data(), sizeof flow);
        if (flow.network_namespace == 0 && flow.pid != 0) {
            flow.network_namespace = namespace_of(flow.pid);
        }
        const sonde_connection seen = as_connection(key, flow);
        into_.take(std::as_bytes(std::span(&seen, 1)));
    });
}

// The kernel side cannot read it where it counts packets.
std::uint32_t udp_flows::namespace_of(std::uint32_t pid) {
    const auto [found, is_new] = namespaces_.try_emplace(pid, 0);
    struct stat info{};
    if (is_new && ::stat(fmt::format("{}/{}/ns/net", proc_root_, pid).c_str(), &info) == 0) {
        found->second = static_cast<std::uint32_t>(info.st_ino);
    }
    return found->second;
}

void udp_flows::forget(const connection::identity& ended) const {
    sonde_udp_key key{};
    key.cookie = ended.cookie;
    std::ranges::copy(ended.key.remote.ip, key.remote_address);
    key.remote_port = ended.key.remote.port;
    key.local_port = ended.key.local.port;
    key.family = static_cast<std::uint8_t>(ended.key.family);
    // One that was v4-mapped is kept by the kernel side in the same form: it goes by the packet's header.
    map_.erase(std::as_bytes(std::span(&key, 1)));
}

}  // namespace sonde::ebpf::flow
