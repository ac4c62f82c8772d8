// SPDX-License-Identifier: Apache-2.0
#include "host/network_stats.hpp"

#include <gtest/gtest.h>

namespace sonde::host_metrics {
namespace {

constexpr std::string_view head =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier "
    "compressed\n";

TEST(NetworkStats, columns_come_to_their_direction) {
    std::vector<interface_counters> found;
    const std::string text = std::string(head) +
                             "  eth0: 628934857   13285    3    4    0     0          0         0   "
                             "552352    7693    5    6    0     0       0          0\n";
    EXPECT_EQ(parse_network_stats(text, found), 0u);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].name, "eth0");
    EXPECT_EQ(found[0].received.bytes, 628934857u);
    EXPECT_EQ(found[0].received.errors, 3u);
    EXPECT_EQ(found[0].received.dropped, 4u);
    EXPECT_EQ(found[0].transmitted.packets, 7693u);
    EXPECT_EQ(found[0].transmitted.errors, 5u);
    EXPECT_EQ(found[0].transmitted.dropped, 6u);
}

TEST(NetworkStats, a_number_may_touch_the_colon) {
    std::vector<interface_counters> found;
    EXPECT_EQ(parse_network_stats("eth0:4294967295 1 0 0 0 0 0 0 9 2 0 0 0 0 0 0\n", found), 0u);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].received.bytes, 4294967295u);
    EXPECT_EQ(found[0].transmitted.bytes, 9u);
}

TEST(NetworkStats, garbage_is_counted) {
    std::vector<interface_counters> found;
    EXPECT_EQ(parse_network_stats("eth0 1 2\neth0: 1 2 3\n: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
                                  "a b: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
                                  found),
              4u);
    EXPECT_TRUE(found.empty());
}

}  // namespace
}  // namespace sonde::host_metrics
