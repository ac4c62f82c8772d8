// SPDX-License-Identifier: Apache-2.0
#include <sonde/collecting/backoff.hpp>

#include <gtest/gtest.h>

namespace sonde::collecting {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, doubles_up_to_its_limit_within_its_jitter) {
    backoff pauses(1s, 10s, 1);
    for (const auto wanted : {1s, 2s, 4s, 8s, 10s, 10s}) {
        const auto pause = pauses.next();
        EXPECT_GE(pause, wanted / 2);
        EXPECT_LE(pause, wanted);
    }
    pauses.reset();
    EXPECT_LE(pauses.next(), 1s);
}

TEST(Backoff, spreads_many_agents) {
    std::minstd_rand random(7);
    std::chrono::nanoseconds least = 1h;
    std::chrono::nanoseconds most{};
    for (int agent = 0; agent < 200; ++agent) {
        backoff pauses(1s, 10s, static_cast<std::uint32_t>(random()));
        const auto pause = pauses.next();
        least = std::min(least, pause);
        most = std::max(most, pause);
    }
    EXPECT_GT(most - least, 400ms);
}

}  // namespace
}  // namespace sonde::collecting
