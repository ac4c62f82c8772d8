// SPDX-License-Identifier: Apache-2.0
#include "serve_entities/feed.hpp"

#include <gtest/gtest.h>

#include <sonde/testing/fake_host.hpp>

#include "entity_client/samples.hpp"

namespace sonde::serve_entities {
namespace {

using namespace common::entities;

entity_ptr shared(const v1::EntityEvent& event) { return std::make_shared<const entity_event>(parsed(event)); }

struct EntityFeed : ::testing::Test {
    testing::fake_host host;
    meters counted{host.host()};
    feed to{{}, {}, 4096, counted};

    v1::EntityStreamResponse next() {
        v1::EntityStreamResponse response;
        const auto step = to.next();
        EXPECT_TRUE(step.message && !step.end);
        EXPECT_TRUE(response.ParseFromString(step.message.value_or("")));
        return response;
    }
};

TEST_F(EntityFeed, nothing_is_sent_before_it_begins_and_a_small_snapshot_is_one_message) {
    to.push(shared(pod("early")), {});  // the snapshot will hold it
    EXPECT_FALSE(to.next().message);
    to.begin({shared(pod("1")), shared(pod("2"))}, 5);
    to.push(shared(pod("3", "Running", 6)), {});
    const auto first = next();
    EXPECT_EQ(first.events_size(), 2);
    EXPECT_TRUE(first.initial_snapshot_complete());
    EXPECT_EQ(first.revision(), 5u);
    const auto second = next();
    EXPECT_EQ(second.events_size(), 1);
    EXPECT_FALSE(second.initial_snapshot_complete());
    EXPECT_EQ(second.revision(), 6u);
    EXPECT_FALSE(to.next().message);
}

TEST_F(EntityFeed, an_empty_snapshot_is_whole_at_once) {
    to.begin({}, 0);
    EXPECT_TRUE(next().initial_snapshot_complete());
    EXPECT_FALSE(to.next().message);
}

TEST_F(EntityFeed, a_large_snapshot_comes_in_parts_of_which_the_last_completes_it) {
    std::vector<entity_ptr> many;
    for (int i = 0; i < 20; ++i) {
        many.push_back(shared(pod(std::to_string(i), std::string(100'000, 'x'))));
    }
    to.begin(many, 1);
    int messages = 1, events = 0;
    for (auto part = next();; part = next(), ++messages) {
        events += part.events_size();
        EXPECT_LT(part.ByteSizeLong(), feed::message_size + 101'000);
        if (part.initial_snapshot_complete()) {
            break;
        }
    }
    EXPECT_EQ(events, 20);
    EXPECT_GT(messages, 2);
}

TEST_F(EntityFeed, one_that_falls_behind_is_told_to_resync_and_keeps_nothing) {
    to.begin({}, 0);
    static_cast<void>(to.next());
    const feed::time_point now{std::chrono::seconds(9)};
    const entity_ptr change = shared(pod("1"));
    while (!to.ended_at()) {
        to.push(change, now);
    }
    EXPECT_EQ(to.ended_at(), now);
    EXPECT_EQ(change.use_count(), 1);
    const auto step = to.next();
    ASSERT_TRUE(step.end);
    EXPECT_EQ(step.end->why, common::grpc::code::aborted);
    EXPECT_NE(step.end->text.find("resync"), std::string::npos);
    EXPECT_EQ(host.metrics.value("serve_entities.overflows"), 1);
}

}  // namespace
}  // namespace sonde::serve_entities
