// SPDX-License-Identifier: Apache-2.0
#include "run/backoff.hpp"

#include <random>

#include <gtest/gtest.h>

namespace {

using namespace sonde::run;
using namespace std::chrono_literals;

constexpr backoff_settings settings{100ms, 1s, 6, 10s};
constexpr double almost_one = 0.9999999999;

TEST(Backoff, waits_grow_twofold_up_to_the_cap) {
    backoff retry(settings, [] { return almost_one; });
    for (const auto wanted : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
        const auto wait = retry.fail(0s);
        ASSERT_TRUE(wait);
        EXPECT_NEAR(static_cast<double>(wait->count()), static_cast<double>(std::chrono::nanoseconds(wanted).count()),
                    1000.0);
    }
}

TEST(Backoff, jitter_keeps_every_wait_between_half_and_all_of_its_step) {
    std::mt19937 engine(7);
    std::uniform_real_distribution<double> random(0, 1);
    for (int round = 0; round < 200; ++round) {
        backoff retry(settings, [&] { return random(engine); });
        for (const std::chrono::nanoseconds step : {100ms, 200ms, 400ms, 800ms, 1000ms}) {
            const auto wait = retry.fail(0s);
            ASSERT_TRUE(wait);
            EXPECT_GE(*wait, step / 2);
            EXPECT_LE(*wait, step);
        }
    }
    backoff least(settings, [] { return 0.0; });
    EXPECT_EQ(least.fail(0s), 50ms);
}

TEST(Backoff, the_failure_after_the_limit_is_given_up) {
    backoff retry(settings, [] { return 0.5; });
    for (std::int64_t i = 0; i < settings.limit; ++i) {
        EXPECT_TRUE(retry.fail(0s)) << i;
    }
    EXPECT_FALSE(retry.fail(0s));
    EXPECT_EQ(retry.failures(), settings.limit + 1);
    backoff never({100ms, 1s, 0, 10s}, [] { return 0.5; });
    EXPECT_FALSE(never.fail(0s)) << "a limit of 0 means no restart at all";
}

TEST(Backoff, good_running_starts_the_count_again) {
    backoff retry(settings, [] { return 0.0; });
    for (int i = 0; i < 4; ++i) {
        static_cast<void>(retry.fail(0s));
    }
    EXPECT_EQ(retry.fail(settings.reset - 1ns), 500ms) << "just short of good running";
    EXPECT_EQ(retry.fail(settings.reset), 50ms);
    EXPECT_EQ(retry.failures(), 1);
    retry.clear();
    EXPECT_EQ(retry.failures(), 0);
    EXPECT_EQ(retry.fail(0s), 50ms);
}

TEST(Backoff, adopted_settings_count_from_the_next_failure_on) {
    backoff retry(settings, [] { return 0.0; });
    static_cast<void>(retry.fail(0s));
    retry.adopt({1s, 10s, 2, 10s});
    EXPECT_EQ(retry.fail(0s), 1s) << "second failure, so twice the new least wait, of which jitter leaves half";
    EXPECT_FALSE(retry.fail(0s));
}

TEST(Backoff, a_least_wait_above_the_cap_is_cut_to_the_cap) {
    backoff retry({5s, 1s, 3, 10s}, [] { return almost_one; });
    EXPECT_LE(retry.fail(0s), 1s);
}

}  // namespace
