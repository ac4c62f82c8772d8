// SPDX-License-Identifier: Apache-2.0
#include "observe/rate_limit.hpp"

#include <gtest/gtest.h>

namespace sonde::observe {
namespace {

using namespace std::chrono_literals;

TEST(RateLimit, admits_a_burst_then_one_per_interval_and_tells_what_was_suppressed) {
    rate_limit limit({.burst = 3, .interval = 1s}, 8);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(limit.admit(1, 100s), 0U);
    }
    EXPECT_FALSE(limit.admit(1, 100s));
    EXPECT_FALSE(limit.admit(1, 100s + 999ms));
    EXPECT_EQ(limit.admit(1, 101s), 2U);
    EXPECT_FALSE(limit.admit(1, 101s + 999ms));
    EXPECT_EQ(limit.admit(1, 102s), 1U);
}

TEST(RateLimit, earns_a_full_burst_and_no_more_in_a_long_silence) {
    rate_limit limit({.burst = 2, .interval = 1s}, 8);
    static_cast<void>(limit.admit(1, 0s));
    for (int i = 0; i < 2; ++i) {
        EXPECT_TRUE(limit.admit(1, 1h));
    }
    EXPECT_FALSE(limit.admit(1, 1h));
}

TEST(RateLimit, keys_do_not_share_tokens) {
    rate_limit limit({.burst = 1, .interval = 1s}, 8);
    EXPECT_TRUE(limit.admit(1, 0s));
    EXPECT_FALSE(limit.admit(1, 0s));
    EXPECT_TRUE(limit.admit(2, 0s));
}

TEST(RateLimit, the_table_stays_bounded_and_forgets_the_key_used_longest_ago) {
    rate_limit limit({.burst = 1, .interval = 1s}, 2);
    EXPECT_TRUE(limit.admit(1, 0s));
    EXPECT_TRUE(limit.admit(2, 0s));
    EXPECT_FALSE(limit.admit(1, 0s));
    EXPECT_TRUE(limit.admit(3, 0s));
    EXPECT_EQ(limit.size(), 2U);
    EXPECT_FALSE(limit.admit(1, 0s)) << "1 was used after 2";
    EXPECT_TRUE(limit.admit(2, 0s)) << "2 had left";
}

}  // namespace
}  // namespace sonde::observe
