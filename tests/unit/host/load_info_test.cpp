// SPDX-License-Identifier: Apache-2.0
#include "host/load_info.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sonde::host_metrics {
namespace {

TEST(LoadInfo, averages_and_threads) {
    const auto load = parse_load("2.23 5.25 6.48 1/137 30806\n");
    ASSERT_TRUE(load);
    EXPECT_THAT(load->averages, ::testing::ElementsAre(2.23, 5.25, 6.48));
    EXPECT_EQ(load->threads, 137u);
    for (const char* garbage : {"", "1 2", "1 2 3", "1 2 3 4", "1 2 x 1/2 3", "nan inf 1 1/x 2"}) {
        EXPECT_FALSE(parse_load(garbage)) << garbage;
    }
}

TEST(PressureInfo, totals_are_taken) {
    const auto both = parse_pressure("some avg10=3.00 avg60=33.43 avg300=55.27 total=14954114387\n"
                                     "full avg10=0.00 avg60=0.00 avg300=0.00 total=17\n");
    ASSERT_TRUE(both);
    EXPECT_EQ(both->some, 14954114387u);
    EXPECT_EQ(both->full, 17u);
}

TEST(PressureInfo, a_level_may_be_missing) {
    const auto some = parse_pressure("some avg10=0 avg60=0 avg300=0 total=5\n");
    ASSERT_TRUE(some);
    EXPECT_FALSE(some->full);
    const auto full = parse_pressure("full avg10=0 avg60=0 avg300=0 total=6\n");  // irq
    ASSERT_TRUE(full);
    EXPECT_FALSE(full->some);
    EXPECT_FALSE(parse_pressure("some total=\nfull avg10=1\nhalf total=5\n"));
}

}  // namespace
}  // namespace sonde::host_metrics
