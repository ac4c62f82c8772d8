// SPDX-License-Identifier: Apache-2.0
#include "cni/latency.hpp"

#include <gtest/gtest.h>

namespace sonde::cni {
namespace {

using namespace std::chrono_literals;

TEST(CniLatency, quantiles_are_right_within_a_factor_of_two) {
    latency_table table;
    for (int i = 1; i <= 100; ++i) {
        ASSERT_TRUE(table.add("bridge", schema::operation::add, i * 1ms, i == 100));
    }
    const auto& row = table.rows().at({"bridge", schema::operation::add});
    EXPECT_EQ(row.count, 100U);
    EXPECT_EQ(row.failures, 1U);
    EXPECT_EQ(row.most, 100ms);
    EXPECT_GE(row.quantile(0.5), 50ms);
    EXPECT_LE(row.quantile(0.5), 100ms);
    EXPECT_EQ(row.quantile(0.99), 100ms);
}

TEST(CniLatency, has_room_for_so_many_plugins) {
    latency_table table;
    for (std::size_t i = 0; i < latency_table::most_rows; ++i) {
        ASSERT_TRUE(table.add(std::to_string(i), schema::operation::add, 0ns, false));
    }
    EXPECT_FALSE(table.add("one more", schema::operation::add, 0ns, false));
    EXPECT_TRUE(table.add("0", schema::operation::add, -1ns, false));
}

}  // namespace
}  // namespace sonde::cni
