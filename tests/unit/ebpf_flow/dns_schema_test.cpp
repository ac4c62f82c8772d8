// SPDX-License-Identifier: Apache-2.0
// The numbers that the wire writer uses are those of dns.proto.
#include "ebpf/flow/dns_schema.hpp"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "../descriptor_numbers.hpp"
#include "sonde/v1/dns.pb.h"

namespace sonde::ebpf::flow {
namespace {

using sonde::testing::fields_of;
using sonde::testing::numbers;

TEST(DnsSchema, fields_match_the_descriptor) {
    EXPECT_EQ(fields_of(*v1::DnsEvent::descriptor()),
              (numbers{{"server_address", dns_schema::server_address},
                       {"client_address", dns_schema::client_address},
                       {"client_port", dns_schema::client_port},
                       {"transport", dns_schema::transport},
                       {"network_namespace", dns_schema::network_namespace},
                       {"question_name", dns_schema::question_name},
                       {"question_type", dns_schema::question_type},
                       {"timeouts", dns_schema::timeouts},
                       {"success_microseconds", dns_schema::success_microseconds},
                       {"failure_microseconds", dns_schema::failure_microseconds},
                       {"responses", dns_schema::responses}}));
    EXPECT_EQ(fields_of(*v1::DnsResponseCount::descriptor()),
              (numbers{{"response_code", dns_schema::response_code}, {"count", dns_schema::response_count}}));
    EXPECT_EQ(v1::DnsEvent::descriptor()->full_name(), dns_schema::content_type);
}

}  // namespace
}  // namespace sonde::ebpf::flow
