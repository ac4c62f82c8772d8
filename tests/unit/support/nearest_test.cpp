// SPDX-License-Identifier: Apache-2.0
#include "support/nearest.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace {

using sonde::support::did_you_mean;
using sonde::support::edit_distance;
using sonde::support::nearest;

TEST(Nearest, distance_counts_edits_and_neighbour_swaps) {
    EXPECT_EQ(edit_distance("", ""), 0u);
    EXPECT_EQ(edit_distance("", "abc"), 3u);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
    EXPECT_EQ(edit_distance("interval", "intevral"), 1u);
}

TEST(Nearest, finds_the_slip) {
    const std::vector<std::string> keys{"interval", "root", "top"};
    EXPECT_EQ(nearest("intervall", keys), "interval");
    EXPECT_EQ(nearest("INTERVAL", keys), "interval");
    EXPECT_EQ(nearest("rot", keys), "root");
    EXPECT_EQ(did_you_mean("intreval", keys), "did you mean 'interval'?");
}

TEST(Nearest, is_silent_about_unrelated_or_endless_names) {
    const std::vector<std::string> keys{"interval", "root", "x"};
    EXPECT_EQ(nearest("password", keys), std::nullopt);
    EXPECT_EQ(nearest("y", keys), std::nullopt);
    EXPECT_EQ(nearest("", keys), std::nullopt);
    EXPECT_EQ(nearest(std::string(65, 'a'), std::vector{std::string(65, 'a')}), std::nullopt);
    EXPECT_EQ(did_you_mean("password", keys), "");
}

TEST(Nearest, prefers_the_closer_then_the_first) {
    const std::vector<std::string> keys{"restart_max", "restart_min", "restart_limit"};
    EXPECT_EQ(nearest("restart_mix", keys), "restart_max");
    EXPECT_EQ(nearest("restart_mn", keys), "restart_min");
}

}  // namespace
