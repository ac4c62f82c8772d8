// SPDX-License-Identifier: Apache-2.0
// Flows from text.
#pragma once

#include <string>

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include "ebpf/nat/flow.hpp"

namespace sonde::ebpf::nat {

inline connection::endpoint end_of(const std::string& ip, std::uint16_t port) {
    connection::endpoint made{{}, port};
    EXPECT_EQ(::inet_pton(ip.find(':') == std::string::npos ? AF_INET : AF_INET6, ip.c_str(), made.ip.data()), 1);
    return made;
}

inline flow flow_from(const std::string& source, std::uint16_t source_port, const std::string& destination,
                      std::uint16_t destination_port) {
    flow made{end_of(source, source_port), end_of(destination, destination_port)};
    made.family = source.find(':') == std::string::npos ? connection::ip_family::ipv4 : connection::ip_family::ipv6;
    return made;
}

// The connection of whoever sends along `of`.
inline connection::tuple tuple_of(const flow& of, std::uint32_t network_namespace) {
    return {of.source, of.destination, network_namespace, of.family, of.protocol};
}

}  // namespace sonde::ebpf::nat
