// SPDX-License-Identifier: Apache-2.0
#include "host/start_times.hpp"

#include <gtest/gtest.h>

namespace sonde::host_metrics {
namespace {

TEST(StartTimes, what_is_there_at_first_counts_since_boot_and_what_comes_later_since_the_scan_before) {
    start_times starts;
    starts.begin(1000, 7);
    EXPECT_EQ(starts.of("eth0", 50), 7u);
    starts.end();
    starts.begin(2000, 7);
    EXPECT_EQ(starts.of("eth0", 60), 7u);
    EXPECT_EQ(starts.of("veth1", 1), 1000u);
    starts.end();
    starts.begin(3000, 7);
    EXPECT_EQ(starts.of("veth1", 1), 1000u);
    EXPECT_EQ(starts.of("eth0", 59), 2000u);  // reset
    starts.end();
    starts.begin(4000, 7);
    EXPECT_EQ(starts.of("eth0", 70), 2000u);
    starts.end();
    starts.begin(5000, 7);
    EXPECT_EQ(starts.of("veth1", 9), 4000u);  // gone for one scan: another one of that name
}

}  // namespace
}  // namespace sonde::host_metrics
