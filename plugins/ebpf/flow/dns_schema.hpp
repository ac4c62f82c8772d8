// SPDX-License-Identifier: Apache-2.0
// Field numbers of proto/sonde/v1/dns.proto for the wire writer. A test compares every row with the descriptor.
#pragma once

#include <cstdint>
#include <string_view>

namespace sonde::ebpf::flow::dns_schema {

inline constexpr std::string_view content_type = "sonde.v1.DnsEvent";
inline constexpr std::uint32_t revision = 1;

enum event_field : std::uint32_t {
    server_address = 1,
    client_address = 2,
    client_port = 3,
    transport = 4,
    network_namespace = 5,
    question_name = 6,
    question_type = 7,
    timeouts = 8,
    success_microseconds = 9,
    failure_microseconds = 10,
    responses = 11,
};

enum response_field : std::uint32_t {
    response_code = 1,
    response_count = 2,
};

}  // namespace sonde::ebpf::flow::dns_schema
