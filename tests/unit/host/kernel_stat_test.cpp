// SPDX-License-Identifier: Apache-2.0
#include "host/kernel_stat.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sonde::host_metrics {
namespace {

using ::testing::ElementsAre;

TEST(KernelStat, a_current_kernel_tells_eight_modes_and_its_counters) {
    kernel_stat stat;
    parse_kernel_stat("cpu  3056488 729224 624083 1601505 5026 3 14711 5069 7 0\n"
                      "cpu0 1510302 369298 305761 823258 1305 1 6395 2564 7 0\n"
                      "cpu2 1546185 359925 318321 778246 3720 2 8316 2504 0 0\n"
                      "intr 26765343 0 5 0\nctxt 58665976\nbtime 1795230591\nprocesses 679836\n"
                      "procs_running 3\nprocs_blocked 1\nsoftirq 31608730 0 1606692\n",
                      stat);
    ASSERT_TRUE(stat.total);
    EXPECT_THAT(stat.total->ticks, ElementsAre(3056488, 729224, 624083, 1601505, 5026, 3, 14711, 5069));
    ASSERT_EQ(stat.cpus.size(), 2u);
    EXPECT_EQ(stat.cpus[1].number, 2u);  // its neighbour is offline
    EXPECT_EQ(stat.interrupts, 26765343u);
    EXPECT_EQ(stat.context_switches, 58665976u);
    EXPECT_EQ(stat.boot_time, 1795230591u);
    EXPECT_EQ(stat.forks, 679836u);
    EXPECT_EQ(stat.running, 3u);
    EXPECT_EQ(stat.blocked, 1u);
    EXPECT_EQ(stat.malformed, 0u);
}

TEST(KernelStat, an_old_kernel_tells_four_modes) {
    kernel_stat stat;
    parse_kernel_stat("cpu 10 20 30 40\ncpu0 10 20 30 40\nctxt 5\n", stat);
    ASSERT_TRUE(stat.total);
    EXPECT_THAT(stat.total->ticks, ElementsAre(10, 20, 30, 40, 0, 0, 0, 0));
    EXPECT_FALSE(stat.running);
    EXPECT_EQ(stat.malformed, 0u);
}

TEST(KernelStat, malformed_lines_are_counted_and_leave_the_others) {
    kernel_stat stat;
    parse_kernel_stat("cpu 10 20 30\ncpu0 1 2 x 4\ncpux 1 2 3 4\nctxt\nintr 99999999999999999999999\nbtime 7\n", stat);
    EXPECT_FALSE(stat.total);
    EXPECT_TRUE(stat.cpus.empty());
    EXPECT_FALSE(stat.interrupts);
    EXPECT_EQ(stat.boot_time, 7u);
    EXPECT_EQ(stat.malformed, 5u);
}

TEST(KernelStat, nothing_is_left_of_the_scan_before) {
    kernel_stat stat;
    parse_kernel_stat("cpu 1 2 3 4\ncpu0 1 2 3 4\nctxt 5\nbad\ncpu1 x\n", stat);
    parse_kernel_stat("", stat);
    EXPECT_FALSE(stat.total || stat.context_switches);
    EXPECT_TRUE(stat.cpus.empty());
    EXPECT_EQ(stat.malformed, 0u);
}

}  // namespace
}  // namespace sonde::host_metrics
