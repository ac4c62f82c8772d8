// SPDX-License-Identifier: Apache-2.0
#include "common/entity_client/entity_event.hpp"

#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "samples.hpp"

namespace sonde::common::entities {
namespace {

TEST(EntityEvent, is_told_on_as_it_came) {
    v1::EntityEvent original = pod("1", "Pending", 77);
    (*original.mutable_pod()->mutable_labels())["app"] = "shop";
    const entity_event event = parsed(original);
    EXPECT_EQ(event.action, action::set);
    EXPECT_EQ(event.kind, entity_kind::pod);
    EXPECT_EQ(event.key, "pod:1");
    EXPECT_EQ(event.revision, 77u);
    std::string response;
    append_event(event, response);
    v1::EntityStreamResponse read;
    ASSERT_TRUE(read.ParseFromString(response));
    ASSERT_EQ(read.events_size(), 1);
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(read.events(0), original));
}

TEST(EntityEvent, a_new_revision_alone_is_no_change) {
    EXPECT_EQ(parsed(pod("1", "Running", 1)).content, parsed(pod("1", "Running", 2)).content);
    EXPECT_NE(parsed(pod("1", "Running", 1)).content, parsed(pod("1", "Failed", 1)).content);
    EXPECT_EQ(parsed(pod("1")).content, parsed(deleted(pod("1"))).content);
}

TEST(EntityEvent, what_makes_no_sense_is_refused) {
    v1::EntityEvent event = pod("1");
    const std::string whole = event.SerializeAsString();
    EXPECT_FALSE(parse_event(bytes(whole.substr(0, whole.size() - 1))));
    EXPECT_FALSE(parse_event({}));
    event.clear_key();
    EXPECT_FALSE(parse_event(bytes(event.SerializeAsString())));
    event = pod("1");
    event.clear_kind();
    EXPECT_FALSE(parse_event(bytes(event.SerializeAsString())));
    event = pod("1");
    event.clear_action();
    EXPECT_FALSE(parse_event(bytes(event.SerializeAsString())));
    event.Clear();
    event.set_action(v1::EntityEvent::ACTION_SYNCED);
    event.set_kind(v1::ENTITY_KIND_POD);
    EXPECT_TRUE(parse_event(bytes(event.SerializeAsString())));
}

TEST(EntityEvent, the_parts_of_a_process_key) {
    EXPECT_EQ(process_prefix("process:host-a/12/345"), "process:host-a/12/");
    EXPECT_EQ(create_time("process:host-a/12/345"), 345u);
    EXPECT_EQ(process_prefix("pod:a/b"), "");
    EXPECT_EQ(create_time("process:host-a/12/x"), 0u);
}

}  // namespace
}  // namespace sonde::common::entities
