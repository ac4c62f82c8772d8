// SPDX-License-Identifier: Apache-2.0
// The numbers that the wire code uses are those of the .proto files.
#include "common/entity_client/schema.hpp"

#include <gtest/gtest.h>

#include "samples.hpp"

namespace sonde::common::entities {
namespace {

int number(const google::protobuf::Descriptor& message, const char* field) {
    const auto* found = message.FindFieldByName(field);
    return found == nullptr ? 0 : found->number();
}

TEST(Schema, fields_match_the_descriptors) {
    const auto& event = *v1::EntityEvent::descriptor();
    EXPECT_EQ(number(event, "action"), schema::event_action);
    EXPECT_EQ(number(event, "kind"), schema::event_kind);
    EXPECT_EQ(number(event, "key"), schema::event_key);
    EXPECT_EQ(number(event, "revision"), schema::event_revision);
    EXPECT_EQ(event.full_name(), schema::event_type);
    const auto& filter = *v1::EntityFilter::descriptor();
    EXPECT_EQ(number(filter, "kinds"), schema::filter_kinds);
    EXPECT_EQ(number(filter, "key_prefix"), schema::filter_key_prefix);
    EXPECT_EQ(filter.field_count(), 2);
    const auto& response = *v1::EntityStreamResponse::descriptor();
    EXPECT_EQ(number(response, "events"), schema::response_events);
    EXPECT_EQ(number(response, "initial_snapshot_complete"), schema::response_complete);
    EXPECT_EQ(number(response, "revision"), schema::response_revision);
    EXPECT_EQ(response.field_count(), 3);
}

TEST(Schema, kinds_actions_and_method_match_the_descriptors) {
    EXPECT_EQ(static_cast<int>(entity_kind::host), v1::ENTITY_KIND_HOST);
    EXPECT_EQ(static_cast<int>(entity_kind::process), v1::ENTITY_KIND_PROCESS);
    EXPECT_EQ(static_cast<int>(entity_kind::container), v1::ENTITY_KIND_CONTAINER);
    EXPECT_EQ(static_cast<int>(entity_kind::pod), v1::ENTITY_KIND_POD);
    EXPECT_EQ(static_cast<int>(entity_kind::service), v1::ENTITY_KIND_SERVICE);
    EXPECT_EQ(static_cast<int>(entity_kind::node), v1::ENTITY_KIND_NODE);
    EXPECT_EQ(static_cast<int>(entity_kind::workload), v1::ENTITY_KIND_WORKLOAD);
    EXPECT_EQ(static_cast<int>(entity_kind::name_space), v1::ENTITY_KIND_NAMESPACE);
    EXPECT_EQ(static_cast<int>(entity_kind_count), v1::EntityKind_descriptor()->value_count());
    EXPECT_EQ(static_cast<int>(action::set), v1::EntityEvent::ACTION_SET);
    EXPECT_EQ(static_cast<int>(action::deleted), v1::EntityEvent::ACTION_DELETED);
    EXPECT_EQ(static_cast<int>(action::synced), v1::EntityEvent::ACTION_SYNCED);
    const auto* service = v1::EntityFilter::descriptor()->file()->FindServiceByName("EntityService");
    ASSERT_NE(service, nullptr);
    EXPECT_EQ("/" + service->full_name() + "/" + service->method(0)->name(), schema::stream_method);
}

}  // namespace
}  // namespace sonde::common::entities
