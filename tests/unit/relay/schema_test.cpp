// SPDX-License-Identifier: Apache-2.0
// The numbers that the writers use are those of the .proto files.
#include "relay/schema.hpp"

#include <gtest/gtest.h>

#include "../descriptor_numbers.hpp"
#include "sonde/v1/relay.pb.h"

namespace sonde::relay {
namespace {

using sonde::testing::fields_of;
using sonde::testing::numbers;

TEST(RelaySchema, messages_match_the_descriptors) {
    EXPECT_EQ(fields_of(*v1::RelayRequest::descriptor()), (numbers{{"session", schema::request_session},
                                                                   {"number", schema::request_number},
                                                                   {"batches", schema::request_batches}}));
    EXPECT_EQ(fields_of(*v1::RelayedBatch::descriptor()),
              (numbers{{"topic", schema::batch_topic}, {"items", schema::batch_items}, {"body", schema::batch_body}}));
    EXPECT_EQ(fields_of(*v1::RelayResponse::descriptor()), (numbers{{"acknowledged", schema::response_acknowledged},
                                                                    {"is_known", schema::response_is_known},
                                                                    {"wants_state", schema::response_wants_state}}));
}

TEST(RelaySchema, the_method_is_that_of_the_service) {
    const auto& service = *v1::RelayRequest::descriptor()->file()->FindServiceByName("RelayService");
    EXPECT_EQ(schema::method, "/" + service.full_name() + "/" + service.method(0)->name());
}

}  // namespace
}  // namespace sonde::relay
