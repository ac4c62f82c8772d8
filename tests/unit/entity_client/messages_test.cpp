// SPDX-License-Identifier: Apache-2.0
#include "common/entity_client/messages.hpp"

#include <gtest/gtest.h>

#include "samples.hpp"

namespace sonde::common::entities {
namespace {

TEST(EntityMessages, a_filter_is_what_protobuf_reads_and_writes) {
    v1::EntityFilter read;
    ASSERT_TRUE(read.ParseFromString(encode({{entity_kind::pod, entity_kind::process}, "pod:a"})));
    ASSERT_EQ(read.kinds_size(), 2);
    EXPECT_EQ(read.kinds(0), v1::ENTITY_KIND_PROCESS);
    EXPECT_EQ(read.kinds(1), v1::ENTITY_KIND_POD);
    EXPECT_EQ(read.key_prefix(), "pod:a");
    const auto back = parse_filter(bytes(read.SerializeAsString()));  // packed
    ASSERT_TRUE(back);
    EXPECT_EQ(back->kinds, (std::set{entity_kind::process, entity_kind::pod}));
    EXPECT_EQ(back->key_prefix, "pod:a");
    EXPECT_TRUE(back->passes(entity_kind::pod, "pod:abc"));
    EXPECT_FALSE(back->passes(entity_kind::pod, "pod:b"));
    EXPECT_FALSE(back->passes(entity_kind::node, "pod:a"));
    EXPECT_TRUE(parse_filter({}));
}

TEST(EntityMessages, a_filter_with_an_unknown_kind_is_refused) {
    v1::EntityFilter filter;
    filter.add_kinds(static_cast<v1::EntityKind>(99));
    EXPECT_FALSE(parse_filter(bytes(filter.SerializeAsString())));
    EXPECT_FALSE(parse_filter(bytes("\x0a")));
}

TEST(EntityMessages, a_response_is_what_protobuf_reads) {
    std::string response;
    append_event(parsed(pod("1")), response);
    append_event(parsed(deleted(pod("2"))), response);
    append_end(true, 9, response);
    v1::EntityStreamResponse read;
    ASSERT_TRUE(read.ParseFromString(response));
    EXPECT_EQ(read.events_size(), 2);
    EXPECT_TRUE(read.initial_snapshot_complete());
    EXPECT_EQ(read.revision(), 9u);
    const auto back = parse_response(bytes(read.SerializeAsString()));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->events.size(), 2u);
    EXPECT_EQ(back->events[1].action, action::deleted);
    EXPECT_TRUE(back->is_complete);
    EXPECT_EQ(back->revision, 9u);
    EXPECT_FALSE(parse_response(bytes(response.substr(0, response.size() - 1))));
}

}  // namespace
}  // namespace sonde::common::entities
