// SPDX-License-Identifier: Apache-2.0
// How fast requests may follow each other: the bucket of the rate limiter.
#include <sonde/collecting/rate_limiter.hpp>

#include <gtest/gtest.h>

namespace sonde::collecting {
namespace {

using namespace std::chrono_literals;

TEST(RateLimiter, lets_a_burst_through_and_then_one_per_interval) {
    rate_limiter limiter(5, 10);
    const std::chrono::nanoseconds begin = 1000s;
    int taken = 0;
    while (limiter.take(begin)) {
        ++taken;
    }
    EXPECT_EQ(taken, 10);
    EXPECT_EQ(limiter.ready_at(), begin + 200ms);
    EXPECT_FALSE(limiter.take(begin + 199ms));
    EXPECT_TRUE(limiter.take(begin + 200ms));
    EXPECT_FALSE(limiter.take(begin + 200ms));
}

TEST(RateLimiter, never_exceeds_its_rate_over_any_long_time) {
    rate_limiter limiter(5, 10);
    int taken = 0;
    for (auto now = 0ns; now < 60s; now += 10ms) {
        taken += limiter.take(now) ? 1 : 0;
    }
    EXPECT_LE(taken, 5 * 60 + 10);
    EXPECT_GE(taken, 5 * 60);
}

}  // namespace
}  // namespace sonde::collecting
