// SPDX-License-Identifier: Apache-2.0
#include "pages/lag_watch.hpp"

#include <gtest/gtest.h>

namespace sonde::pages {
namespace {

constexpr std::int64_t second = 1'000'000'000;

bus::subscription_stats reader(std::int64_t behind_since) {
    bus::subscription_stats one;
    one.name = "sink";
    one.behind_since = behind_since;
    return one;
}

TEST(LagWatch, counts_from_the_first_look_that_found_the_reader_behind) {
    lag_watch under_test;
    EXPECT_EQ(under_test.look({reader(0)}, 100 * second).at("sink"), 0);
    EXPECT_EQ(under_test.look({reader(5 * second)}, 110 * second).at("sink"), 0) << "it may have been idle for long";
    EXPECT_EQ(under_test.look({reader(5 * second)}, 113 * second).at("sink"), 3);
}

TEST(LagWatch, starts_again_when_the_reader_had_caught_up_in_between) {
    lag_watch under_test;
    static_cast<void>(under_test.look({reader(5 * second)}, 10 * second));
    EXPECT_EQ(under_test.look({reader(5 * second)}, 20 * second).at("sink"), 10);
    EXPECT_EQ(under_test.look({reader(21 * second)}, 22 * second).at("sink"), 0);
    EXPECT_EQ(under_test.look({reader(0)}, 23 * second).at("sink"), 0);
}

TEST(LagWatch, tells_the_worst_of_readers_with_one_name_and_forgets_those_that_left) {
    lag_watch under_test;
    static_cast<void>(under_test.look({reader(0), reader(5 * second)}, 10 * second));
    EXPECT_EQ(under_test.look({reader(9 * second), reader(5 * second)}, 12 * second).at("sink"), 2);
    EXPECT_TRUE(under_test.look({}, 13 * second).empty());
    EXPECT_EQ(under_test.look({reader(5 * second)}, 14 * second).at("sink"), 0);
}

}  // namespace
}  // namespace sonde::pages
