// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "bus/position.hpp"

namespace sonde::bus {
namespace {

constexpr std::int64_t patience = 100;

TEST(Position, what_a_batch_skips_is_lost) {
    position at;
    at.arrived(0, 10);
    EXPECT_EQ(at.lost, 0u);
    at.arrived(13, 2);
    EXPECT_EQ(at.lost, 3u);
    EXPECT_EQ(at.expected, 15u);
}

TEST(Position, what_is_missing_is_owed_for_a_while_and_lost_then) {
    position at;
    at.arrived(0, 10);
    EXPECT_EQ(at.await_rest(14, 1000, patience), 1000);
    EXPECT_EQ(at.await_rest(14, 1099, patience), 1000);
    EXPECT_EQ(at.lost, 0u);
    EXPECT_EQ(at.await_rest(14, 1100, patience), 0) << "nothing is owed any more";
    EXPECT_EQ(at.lost, 4u);
    EXPECT_EQ(at.expected, 14u);
}

TEST(Position, nothing_is_owed_when_all_that_was_sealed_has_come) {
    position at;
    at.arrived(0, 10);
    EXPECT_EQ(at.await_rest(10, 1000, patience), 0);
}

TEST(Position, each_batch_that_comes_renews_the_patience) {
    position at;
    EXPECT_EQ(at.await_rest(20, 1000, patience), 1000);
    at.arrived(0, 10);
    EXPECT_EQ(at.await_rest(20, 1150, patience), 1150);
    EXPECT_EQ(at.lost, 0u);
}

TEST(Position, what_was_sealed_later_is_owed_from_then_on) {
    position at;
    EXPECT_EQ(at.await_rest(4, 1000, patience), 1000);
    EXPECT_EQ(at.await_rest(9, 1100, patience), 1100) << "the first four are given up, not the five after them";
    EXPECT_EQ(at.lost, 4u);
    EXPECT_EQ(at.await_rest(9, 1200, patience), 0);
    EXPECT_EQ(at.lost, 9u);
}

TEST(Position, what_comes_after_it_was_given_up_is_not_lost) {
    position at;
    EXPECT_EQ(at.await_rest(9, 1000, patience), 1000);
    EXPECT_EQ(at.await_rest(9, 1100, patience), 0);
    ASSERT_EQ(at.lost, 9u);
    at.arrived(0, 4);
    EXPECT_EQ(at.lost, 5u);
    at.arrived(4, 7);
    EXPECT_EQ(at.lost, 0u);
    EXPECT_EQ(at.expected, 11u);
}

}  // namespace
}  // namespace sonde::bus
