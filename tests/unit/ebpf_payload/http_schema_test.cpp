// SPDX-License-Identifier: Apache-2.0
// The numbers that the wire writer uses are those of http.proto.
#include "ebpf/payload/http_schema.hpp"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "../descriptor_numbers.hpp"
#include "sonde/v1/http.pb.h"

namespace sonde::ebpf::payload {
namespace {

using sonde::testing::fields_of;
using sonde::testing::numbers;

TEST(HttpSchema, fields_match_the_descriptor) {
    EXPECT_EQ(fields_of(*v1::HttpEvent::descriptor()),
              (numbers{{"server_address", http_schema::server_address},
                       {"server_port", http_schema::server_port},
                       {"network_namespace", http_schema::network_namespace},
                       {"role", http_schema::role},
                       {"request_method", http_schema::request_method},
                       {"url_template", http_schema::url_template},
                       {"start_time_unix_nano", http_schema::start_time_unix_nano},
                       {"requests", http_schema::requests},
                       {"client_errors", http_schema::client_errors},
                       {"server_errors", http_schema::server_errors},
                       {"responses", http_schema::responses},
                       {"duration_sum", http_schema::duration_sum},
                       {"duration_min", http_schema::duration_min},
                       {"duration_max", http_schema::duration_max},
                       {"duration_counts", http_schema::duration_counts},
                       {"sampled_percent", http_schema::sampled_percent},
                       {"slowest_traced", http_schema::slowest_traced}}));
    EXPECT_EQ(fields_of(*v1::HttpExemplar::descriptor()),
              (numbers{{"trace_id", http_schema::trace_id},
                       {"span_id", http_schema::span_id},
                       {"trace_flags", http_schema::trace_flags},
                       {"duration", http_schema::exemplar_duration},
                       {"status_code", http_schema::exemplar_status_code}}));
    EXPECT_EQ(fields_of(*v1::HttpResponseCount::descriptor()),
              (numbers{{"status_code", http_schema::status_code}, {"count", http_schema::response_count}}));
    EXPECT_EQ(v1::HttpEvent::descriptor()->full_name(), http_schema::content_type);
}

}  // namespace
}  // namespace sonde::ebpf::payload
