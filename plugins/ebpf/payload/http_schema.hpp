// SPDX-License-Identifier: Apache-2.0
// Field numbers of proto/sonde/v1/http.proto for the wire writer. A test compares every row with the descriptor.
#pragma once

#include <cstdint>
#include <string_view>

namespace sonde::ebpf::payload::http_schema {

inline constexpr std::string_view content_type = "sonde.v1.HttpEvent";
inline constexpr std::uint32_t revision = 1;

enum event_field : std::uint32_t {
    server_address = 1,
    server_port = 2,
    network_namespace = 3,
    role = 4,
    request_method = 5,
    url_template = 6,
    start_time_unix_nano = 7,
    requests = 8,
    client_errors = 9,
    server_errors = 10,
    responses = 11,
    duration_sum = 12,
    duration_min = 13,
    duration_max = 14,
    duration_counts = 15,
    sampled_percent = 16,
    slowest_traced = 17,
};

enum exemplar_field : std::uint32_t {
    trace_id = 1,
    span_id = 2,
    trace_flags = 3,
    exemplar_duration = 4,
    exemplar_status_code = 5,
};

enum response_field : std::uint32_t {
    status_code = 1,
    response_count = 2,
};

}  // namespace sonde::ebpf::payload::http_schema
