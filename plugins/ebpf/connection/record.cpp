// SPDX-License-Identifier: Apache-2.0
#include "ebpf/connection/record.hpp"

#include <algorithm>
#include <cstring>

#include <netinet/in.h>
#include <sonde_bpf/connection.h>
#include <sys/socket.h>

namespace sonde::ebpf::connection {
namespace {

static_assert(sizeof(sonde_connection) == 168, "the layout that the kernel side writes");
static_assert(static_cast<int>(ip_family::ipv4) == AF_INET && static_cast<int>(ip_family::ipv6) == AF_INET6);
static_assert(static_cast<int>(direction::outgoing) == SONDE_DIRECTION_OUTGOING);
static_assert(static_cast<int>(direction::incoming) == SONDE_DIRECTION_INCOMING);

// No host moves an exabyte over one connection.
constexpr std::uint64_t impossible = std::uint64_t{1} << 60;
// The last of include/net/tcp_states.h is TCP_BOUND_INACTIVE, 13.
constexpr std::uint8_t last_state = 13;

std::expected<void, malformed> check(const sonde_connection& raw) noexcept {
    if (raw.family != AF_INET && raw.family != AF_INET6) {
        return std::unexpected(malformed::family);
    }
    if (raw.protocol != IPPROTO_TCP && raw.protocol != IPPROTO_UDP) {
        return std::unexpected(malformed::protocol);
    }
    if (raw.direction > SONDE_DIRECTION_INCOMING) {
        return std::unexpected(malformed::direction);
    }
    if (raw.state > last_state) {
        return std::unexpected(malformed::state);
    }
    if (raw.cookie == 0 || raw.time == 0) {
        return std::unexpected(malformed::identity);
    }
    if (std::max({raw.sent_bytes, raw.received_bytes, raw.sent_packets, raw.received_packets}) >= impossible) {
        return std::unexpected(malformed::counters);
    }
    return {};
}

tuple tuple_of(const sonde_connection& raw) noexcept {
    tuple key;
    std::copy_n(raw.local_address, key.local.ip.size(), key.local.ip.begin());
    std::copy_n(raw.remote_address, key.remote.ip.size(), key.remote.ip.begin());
    key.local.port = raw.local_port;
    key.remote.port = raw.remote_port;
    key.network_namespace = raw.network_namespace;
    key.family = static_cast<ip_family>(raw.family);
    key.protocol = static_cast<transport>(raw.protocol);
    normalise(key);
    return key;
}

}  // namespace

std::string_view name(malformed why) noexcept {
    switch (why) {
    case malformed::size: return "size";
    case malformed::family: return "family";
    case malformed::protocol: return "protocol";
    case malformed::direction: return "direction";
    case malformed::state: return "state";
    case malformed::identity: return "identity";
    case malformed::counters: return "counters";
    }
    return "unknown";
}

std::expected<record, malformed> read_record(std::span<const std::byte> bytes) noexcept {
    if (bytes.size() != sizeof(sonde_connection)) {
        return std::unexpected(malformed::size);
    }
    sonde_connection raw;
    std::memcpy(&raw, bytes.data(), sizeof raw);
    if (const auto checked = check(raw); !checked) {
        return std::unexpected(checked.error());
    }
    record made;
    made.who = {raw.cookie, tuple_of(raw)};
    made.total = {raw.sent_bytes, raw.received_bytes, raw.sent_packets, raw.received_packets, raw.retransmits};
    made.updated = raw.time;
    made.created = raw.created;
    made.established = raw.established;
    made.cgroup_id = raw.cgroup_id;
    made.process_start = raw.process_start;
    made.pid = raw.pid;
    made.tid = raw.tid;
    made.rtt = raw.rtt;
    made.rtt_variation = raw.rtt_variation;
    made.error = raw.error;
    made.state = raw.state;
    made.way = static_cast<direction>(raw.direction);
    made.is_way_told = made.way != direction::unknown;
    made.is_failed = (raw.flags & SONDE_CONNECTION_FAILED) != 0;
    made.is_closed = made.is_failed || (raw.flags & SONDE_CONNECTION_CLOSED) != 0;
    made.has_existed = (raw.flags & SONDE_CONNECTION_EXISTED) != 0;
    made.is_accepted = (raw.flags & SONDE_CONNECTION_ACCEPTED) != 0;
    made.ended = made.is_closed ? raw.time : 0;
    std::copy_n(raw.comm, made.comm.size(), made.comm.begin());
    if (made.who.key.protocol == transport::tcp) {
        made.total.established = made.established != 0 ? 1 : 0;
        made.total.closed = made.is_closed && !made.is_failed ? 1 : 0;
    }
    return made;
}

}  // namespace sonde::ebpf::connection
