// SPDX-License-Identifier: Apache-2.0
// Records as the kernel side writes them, and rows for the parts that do not read records.
#pragma once

#include <cstring>
#include <span>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sonde_bpf/connection.h>
#include <sys/socket.h>

#include "ebpf/connection/record.hpp"

namespace sonde::ebpf::connection {

constexpr std::uint64_t second = 1'000'000'000;
constexpr std::uint8_t tcp_established = 1;

inline void put_ip(std::uint8_t (&to)[16], const std::string& text, int family) {
    std::memset(to, 0, sizeof to);
    ASSERT_EQ(::inet_pton(family, text.c_str(), to), 1) << text;
}

inline address ip_of(const std::string& text) {
    address made{};
    EXPECT_EQ(::inet_pton(text.find(':') == std::string::npos ? AF_INET : AF_INET6, text.c_str(), made.data()), 1);
    return made;
}

inline endpoint end_of(const std::string& ip, std::uint16_t port) { return {ip_of(ip), port}; }

// An outgoing TCP connection of pid 100 in namespace 1, established at one second.
inline sonde_connection raw_tcp(std::uint64_t cookie, const std::string& local, std::uint16_t local_port,
                                const std::string& remote, std::uint16_t remote_port) {
    sonde_connection raw{};
    const int family = local.find(':') == std::string::npos ? AF_INET : AF_INET6;
    raw.cookie = cookie;
    raw.time = 2 * second;
    raw.created = second;
    raw.established = second;
    put_ip(raw.local_address, local, family);
    put_ip(raw.remote_address, remote, family);
    raw.local_port = local_port;
    raw.remote_port = remote_port;
    raw.network_namespace = 1;
    raw.pid = 100;
    raw.tid = 100;
    raw.family = static_cast<std::uint8_t>(family);
    raw.protocol = IPPROTO_TCP;
    raw.direction = SONDE_DIRECTION_OUTGOING;
    raw.state = tcp_established;
    std::memcpy(raw.comm, "client", 6);
    return raw;
}

inline sonde_connection raw_tcp(std::uint64_t cookie) { return raw_tcp(cookie, "10.0.0.1", 40000, "10.0.0.2", 80); }

inline sonde_connection raw_udp(std::uint64_t cookie, const std::string& local, std::uint16_t local_port,
                                const std::string& remote, std::uint16_t remote_port) {
    sonde_connection raw = raw_tcp(cookie, local, local_port, remote, remote_port);
    raw.protocol = IPPROTO_UDP;
    raw.established = 0;
    raw.state = 0;
    return raw;
}

inline sonde_connection closed(sonde_connection raw, std::uint64_t time) {
    raw.time = time;
    raw.flags |= SONDE_CONNECTION_CLOSED;
    raw.state = tcp_state_close;
    return raw;
}

inline sonde_connection failed(sonde_connection raw, std::uint16_t error) {
    raw.flags |= SONDE_CONNECTION_FAILED;
    raw.established = 0;
    raw.error = error;
    raw.state = tcp_state_close;
    return raw;
}

inline std::span<const std::byte> bytes_of(const sonde_connection& raw) { return std::as_bytes(std::span(&raw, 1)); }

inline record record_of(const sonde_connection& raw) {
    const auto made = read_record(bytes_of(raw));
    EXPECT_TRUE(made.has_value());
    return made.value_or(record{});
}

// A row with an id of its own, as a table would hold it.
inline row row_of(std::uint64_t id, const sonde_connection& raw) {
    row made = record_of(raw);
    made.id = id;
    return made;
}

inline std::vector<const row*> pointers(const std::vector<row>& rows) {
    std::vector<const row*> made;
    for (const row& one : rows) {
        made.push_back(&one);
    }
    return made;
}

}  // namespace sonde::ebpf::connection
