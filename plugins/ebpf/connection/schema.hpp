// SPDX-License-Identifier: Apache-2.0
// Field numbers of proto/sonde/v1/connection.proto for the wire writer. A test compares every row with the descriptor.
#pragma once

#include <cstdint>
#include <string_view>

namespace sonde::ebpf::connection::schema {

inline constexpr std::string_view content_type = "sonde.v1.ConnectionEvent";
inline constexpr std::uint32_t revision = 1;

// sonde.v1.ConnectionEvent.Kind
enum class kind : std::uint32_t { snapshot = 1, closed = 2, failed = 3 };

// sonde.v1.Transport and sonde.v1.NetworkType; direction, role and state have the kernel's and our own numbers.
enum class transport : std::uint32_t { tcp = 1, udp = 2 };
enum class network_type : std::uint32_t { ipv4 = 1, ipv6 = 2 };

enum event_field : std::uint32_t { event_kind = 1, event_connection = 2 };

enum traffic_field : std::uint32_t {
    traffic_sent_bytes = 1,
    traffic_received_bytes = 2,
    traffic_sent_packets = 3,
    traffic_received_packets = 4,
    traffic_retransmits = 5,
    traffic_established = 6,
    traffic_closed = 7,
};

enum failure_field : std::uint32_t { failure_error_code = 1, failure_count = 2 };

enum translation_field : std::uint32_t {
    reply_source_address = 1,
    reply_source_port = 2,
    reply_destination_address = 3,
    reply_destination_port = 4,
};

enum gateway_field : std::uint32_t { gateway_address = 1, gateway_interface_index = 2 };

enum peer_field : std::uint32_t {
    peer_pid = 1,
    peer_create_time_unix_nano = 2,
    peer_process_name = 3,
    peer_cgroup_id = 4,
    peer_container_id = 5,
    peer_network_namespace = 6,
};

enum connection_field : std::uint32_t {
    local_address = 1,
    local_port = 2,
    peer_address = 3,
    peer_port = 4,
    connection_transport = 5,
    type = 6,
    direction = 7,
    role = 8,
    state = 9,
    pid = 10,
    tid = 11,
    process_create_time_unix_nano = 12,
    process_name = 13,
    cgroup_id = 14,
    container_id = 15,
    network_namespace = 16,
    total = 17,
    delta = 18,
    rtt = 19,
    rtt_variation = 20,
    created_time_unix_nano = 21,
    established_time_unix_nano = 22,
    ended_time_unix_nano = 23,
    error_code = 24,
    failures = 25,
    existed = 26,
    closed = 27,
    merged = 28,
    translation = 29,
    gateway = 30,
    intra_host = 31,
    peer = 32,
    peer_names = 33,
    socket_cookie = 34,
    protocol_name = 35,
};

}  // namespace sonde::ebpf::connection::schema
