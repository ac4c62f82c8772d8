// SPDX-License-Identifier: Apache-2.0
#include "ebpf/flow/dns_record.hpp"

#include <algorithm>
#include <cstring>

#include <sonde_bpf/udp.h>
#include <sys/socket.h>

namespace sonde::ebpf::flow {
namespace {

constexpr std::size_t head_size = offsetof(sonde_dns, payload);

dns::address address_of(const std::uint8_t (&from)[16], std::uint8_t family) noexcept {
    dns::address made;
    std::ranges::copy(from, made.bytes.begin());
    made.of = family == AF_INET ? dns::family::ipv4 : dns::family::ipv6;
    return made;
}

}  // namespace

std::optional<dns::packet> dns_packet(std::span<const std::byte> bytes) noexcept {
    sonde_dns head;
    if (bytes.size() < head_size) {
        return std::nullopt;
    }
    std::memcpy(&head, bytes.data(), head_size);
    if (head.captured > bytes.size() - head_size || head.captured > head.length ||
        (head.family != AF_INET && head.family != AF_INET6)) {
        return std::nullopt;
    }
    dns::packet made;
    const dns::address local = address_of(head.local_address, head.family);
    const dns::address remote = address_of(head.remote_address, head.family);
    const bool is_sent = head.is_sent != 0;
    made.source = is_sent ? local : remote;
    made.destination = is_sent ? remote : local;
    made.source_port = is_sent ? head.local_port : head.remote_port;
    made.destination_port = is_sent ? head.remote_port : head.local_port;
    made.network_namespace = head.network_namespace;
    made.protocol = head.protocol;
    made.tcp_flags = head.tcp_flags;
    made.tcp_sequence = head.sequence;
    made.payload = {reinterpret_cast<const std::uint8_t*>(bytes.data()) + head_size, head.captured};
    made.full_size = head.length;
    return made;
}

}  // namespace sonde::ebpf::flow
