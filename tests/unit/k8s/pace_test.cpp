// SPDX-License-Identifier: Apache-2.0
// How fast requests may follow each other: the bucket of the rate limiter and the pauses after failures.
#include <gtest/gtest.h>

#include "k8s/backoff.hpp"
#include "k8s/rate_limiter.hpp"

namespace sonde::k8s {
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

TEST(Backoff, doubles_up_to_its_limit_within_its_jitter) {
    random_source random(1);
    backoff pauses(1s, 10s);
    for (const auto wanted : {1s, 2s, 4s, 8s, 10s, 10s}) {
        const auto pause = pauses.next(random);
        EXPECT_GE(pause, wanted / 2);
        EXPECT_LE(pause, wanted);
    }
    EXPECT_EQ(pauses.attempts(), 6U);
    pauses.reset();
    EXPECT_LE(pauses.next(random), 1s);
}

TEST(Backoff, spreads_many_agents) {
    random_source random(7);
    std::chrono::nanoseconds least = 1h;
    std::chrono::nanoseconds most{};
    for (int agent = 0; agent < 200; ++agent) {
        backoff pauses(1s, 10s);
        const auto pause = pauses.next(random);
        least = std::min(least, pause);
        most = std::max(most, pause);
    }
    EXPECT_GT(most - least, 400ms);
}

}  // namespace
}  // namespace sonde::k8s
