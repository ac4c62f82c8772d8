// SPDX-License-Identifier: Apache-2.0
#include "ebpf/payload/record.hpp"

#include <algorithm>
#include <cstring>

#include <sonde_bpf/payload.h>
#include <sys/socket.h>

namespace sonde::ebpf::payload {
namespace {

constexpr std::size_t head_size = offsetof(sonde_payload, payload);

connection::role side_of(unsigned flags) noexcept {
    return (flags & SONDE_PAYLOAD_CLIENT) != 0   ? connection::role::client
           : (flags & SONDE_PAYLOAD_SERVER) != 0 ? connection::role::server
                                                 : connection::role::unknown;
}

}  // namespace

std::optional<segment> read_segment(std::span<const std::byte> record) noexcept {
    sonde_payload head;
    if (record.size() < head_size) {
        return std::nullopt;
    }
    std::memcpy(&head, record.data(), head_size);
    if (head.captured > record.size() - head_size || head.captured > head.length ||
        (head.family != AF_INET && head.family != AF_INET6)) {
        return std::nullopt;
    }
    segment made;
    made.cookie = head.cookie;
    made.time = head.event.time;
    std::ranges::copy(head.local_address, made.ends.local.ip.begin());
    std::ranges::copy(head.remote_address, made.ends.remote.ip.begin());
    made.ends.local.port = head.local_port;
    made.ends.remote.port = head.remote_port;
    made.ends.network_namespace = head.network_namespace;
    made.ends.family = static_cast<connection::ip_family>(head.family);
    connection::normalise(made.ends);
    made.sequence = head.sequence;
    made.size = head.length;
    made.prefix = {reinterpret_cast<const std::uint8_t*>(record.data()) + head_size, head.captured};
    made.is_sent = (head.flags & SONDE_PAYLOAD_SENT) != 0;
    made.is_end = (head.flags & SONDE_PAYLOAD_ENDED) != 0;
    made.side = side_of(head.flags);
    return made;
}

}  // namespace sonde::ebpf::payload
