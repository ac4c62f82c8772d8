// SPDX-License-Identifier: Apache-2.0
#include "host/disk_stats.hpp"

#include <gtest/gtest.h>

namespace sonde::host_metrics {
namespace {

TEST(DiskStats, kernels_of_all_ages_are_read) {
    std::vector<disk_counters> disks;
    const std::size_t malformed =
        parse_disk_stats(" 254       0 vda 1651742 190176 96644810 2019704 517450 312204 373845704 1580548 2 332848 "
                         "3684774 244876 24 321807336 "
                         "83855 12943 666\n"                                               // Linux 5.5
                         "   8       0 sda 10 1 200 30 40 4 500 60 0 70 80 90 91 92 93\n"  // 4.18
                         "   8      16 sdb 11 2 201 31 41 5 501 61 1 71 81\n"              // 2.6
                         "   8       1 sda1 7 56 9 72\n",                                  // a partition before 2.6.25
                         disks);
    EXPECT_EQ(malformed, 0u);
    ASSERT_EQ(disks.size(), 4u);
    EXPECT_EQ(disks[0].name, "vda");
    EXPECT_EQ(disks[0].reads.sectors, 96644810u);
    EXPECT_EQ(disks[0].writes.operations, 517450u);
    EXPECT_EQ(disks[0].writes.merged, 312204u);
    EXPECT_EQ(disks[0].in_flight, 2u);
    EXPECT_EQ(disks[0].busy_milliseconds, 332848u);
    EXPECT_EQ(disks[1].writes.milliseconds, 60u);
    EXPECT_EQ(disks[2].reads.milliseconds, 31u);
    EXPECT_FALSE(disks[3].is_complete);
    EXPECT_EQ(disks[3].reads.sectors, 56u);
    EXPECT_EQ(disks[3].writes.sectors, 72u);
}

TEST(DiskStats, garbage_is_counted) {
    std::vector<disk_counters> disks;
    EXPECT_EQ(parse_disk_stats("\n8 0\n8 0 sda 1 2 3\n8 0 sda 1 2 3 4 5 6 7 8 9 -1 11\nx 0 sda 1 2 3 4\n", disks), 5u);
    EXPECT_TRUE(disks.empty());
}

}  // namespace
}  // namespace sonde::host_metrics
