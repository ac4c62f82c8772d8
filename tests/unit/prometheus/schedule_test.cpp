// SPDX-License-Identifier: Apache-2.0
#include "prometheus/schedule.hpp"

#include <gtest/gtest.h>

namespace sonde::prometheus {
namespace {

using namespace std::chrono_literals;

constexpr retry_pace pace{500ms, 4s, 1};

TEST(Schedule, asks_at_each_tick_and_not_between) {
    schedule of(10s, 30s, pace);
    EXPECT_EQ(of.look(9s), 0U);
    EXPECT_FALSE(of.is_wanted());
    for (const auto tick : {10s, 40s, 70s}) {
        EXPECT_EQ(of.due(), tick);
        EXPECT_EQ(of.look(tick), 0U);
        ASSERT_TRUE(of.is_wanted());
        EXPECT_TRUE(of.is_tick());
        of.begin();
        EXPECT_FALSE(of.is_wanted());
        of.end(tick + 1s, false);
        EXPECT_EQ(of.look(tick + 29s), 0U);
        EXPECT_FALSE(of.is_wanted());
    }
}

TEST(Schedule, never_asks_twice_at_once_and_counts_what_it_misses) {
    schedule of(10s, 10s, pace);
    static_cast<void>(of.look(10s));
    of.begin();
    EXPECT_EQ(of.look(20s), 1U);
    EXPECT_EQ(of.look(30s), 1U);
    EXPECT_FALSE(of.is_wanted());
    of.end(35s, false);
    EXPECT_FALSE(of.is_wanted()) << "missed ticks are not made up for";
    EXPECT_EQ(of.look(40s), 0U);
    EXPECT_TRUE(of.is_wanted());
}

TEST(Schedule, counts_ticks_that_passed_while_nobody_looked) {
    schedule of(10s, 10s, pace);
    EXPECT_EQ(of.look(45s), 3U);
    EXPECT_TRUE(of.is_wanted());
    EXPECT_EQ(of.due(), 50s) << "ticks stay where they were";
}

TEST(Schedule, counts_a_tick_that_found_no_place) {
    schedule of(10s, 10s, pace);
    EXPECT_EQ(of.look(10s), 0U);
    EXPECT_EQ(of.look(20s), 1U);
    EXPECT_TRUE(of.is_wanted());
}

TEST(Schedule, tries_again_between_ticks_after_what_may_pass) {
    schedule of(10s, 60s, pace);
    static_cast<void>(of.look(10s));
    of.begin();
    of.end(11s, true);
    const auto first = of.due();
    EXPECT_GE(first, 11s + 250ms);
    EXPECT_LE(first, 11s + 500ms);
    EXPECT_EQ(of.look(first - 1ns), 0U);
    EXPECT_FALSE(of.is_wanted());
    static_cast<void>(of.look(first));
    ASSERT_TRUE(of.is_wanted());
    EXPECT_FALSE(of.is_tick());
    of.begin();
    of.end(first, true);
    EXPECT_GT(of.due() - first, 500ms - 1ns) << "the pause grows";
    static_cast<void>(of.look(of.due()));
    of.begin();
    of.end(20s, false);
    EXPECT_EQ(of.due(), 70s) << "after an answer the next tick is waited for";
}

TEST(Schedule, leaves_the_repetition_to_a_tick_that_comes_sooner) {
    schedule of(10s, 200ms, pace);
    static_cast<void>(of.look(10s));
    of.begin();
    of.end(10s, true);
    EXPECT_EQ(of.due(), 10s + 200ms);
    static_cast<void>(of.look(of.due()));
    EXPECT_TRUE(of.is_tick());
}

TEST(Schedule, leaves_a_tick_out_that_nobody_wants) {
    schedule of(10s, 10s, pace);
    static_cast<void>(of.look(10s));
    of.skip();
    EXPECT_FALSE(of.is_wanted());
    EXPECT_EQ(of.look(20s), 0U) << "it is not missed";
    EXPECT_TRUE(of.is_wanted());
}

}  // namespace
}  // namespace sonde::prometheus
