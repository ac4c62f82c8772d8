// SPDX-License-Identifier: Apache-2.0
#include "common/entity_client/mirror.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "samples.hpp"

namespace sonde::common::entities {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EntityMirror : public ::testing::Test {
protected:
    bool take(const std::vector<v1::EntityEvent>& events, bool is_complete = false) {
        return known.take(*parse_response(bytes(response_of(events, is_complete))));
    }
    told listener;
    mirror known{listener, 10};
};

TEST_F(EntityMirror, nothing_is_told_before_the_snapshot_is_whole) {
    EXPECT_TRUE(take({pod("1"), pod("2")}));
    EXPECT_THAT(listener.take(), IsEmpty());
    EXPECT_TRUE(take({pod("3"), deleted(pod("2"))}, true));
    EXPECT_THAT(listener.take(), ElementsAre("set pod:1", "set pod:3", "synced"));
}

TEST_F(EntityMirror, after_a_reconnect_only_differences_are_told) {
    EXPECT_TRUE(take({pod("1"), pod("2"), pod("3"), pod("4"), pod("5"), pod("6"), pod("7")}, true));
    static_cast<void>(listener.take());
    known.begin();
    EXPECT_FALSE(known.is_synced());
    EXPECT_EQ(known.size(), 7u);  // what was known stays meanwhile
    EXPECT_TRUE(
        take({pod("2", "Running", 9), pod("4", "Failed", 9), pod("6", "Failed", 9), pod("7", "Running", 9)}, true));
    EXPECT_THAT(listener.take(),
                ElementsAre("unset pod:1", "unset pod:3", "unset pod:5", "set pod:4", "set pod:6", "synced"));
    EXPECT_EQ(known.counts().silent, 2u);
    EXPECT_EQ(known.counts().resyncs, 2u);
}

TEST_F(EntityMirror, changes_follow_in_their_order) {
    EXPECT_TRUE(take({process(7, 100)}, true));
    static_cast<void>(listener.take());
    EXPECT_TRUE(take({deleted(process(7, 100)), process(7, 200), process(7, 200), deleted(pod("never"))}));
    EXPECT_THAT(listener.take(), ElementsAre("unset process:host-a/7/100", "set process:host-a/7/200"));
}

TEST_F(EntityMirror, a_pid_that_was_reused_while_nobody_looked_is_unset_before_it_is_set) {
    EXPECT_TRUE(take({process(7, 200)}, true));
    static_cast<void>(listener.take());
    known.begin();
    EXPECT_TRUE(take({process(7, 100), process(7, 300)}, true));
    EXPECT_THAT(listener.take(), ElementsAre("unset process:host-a/7/200", "set process:host-a/7/100",
                                             "set process:host-a/7/300", "synced"));
}

TEST_F(EntityMirror, more_than_there_may_be_is_refused) {
    std::vector<v1::EntityEvent> many;
    for (int i = 0; i < 11; ++i) {
        many.push_back(pod(std::to_string(i)));
    }
    EXPECT_FALSE(take(many, true));
    EXPECT_THAT(listener.take(), IsEmpty());
}

}  // namespace
}  // namespace sonde::common::entities
