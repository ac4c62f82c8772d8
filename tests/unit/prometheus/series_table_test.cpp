// SPDX-License-Identifier: Apache-2.0
#include "prometheus/series_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sonde::prometheus {
namespace {

using schema::metric_kind;

std::vector<std::string> swept(series_table& table) {
    std::vector<std::string> all;
    table.sweep([&](std::string_view name, std::span<const label> labels, metric_kind kind) {
        std::string text(name);
        for (const label& each : labels) {
            text.append(" ").append(each.name).append("=").append(each.value);
        }
        all.push_back(text + " " + std::to_string(static_cast<int>(kind)));
    });
    return all;
}

TEST(SeriesTable, tells_of_what_is_gone_once) {
    series_table table;
    const label one[] = {{"a", "1"}, {"b", "2"}};
    table.begin();
    table.see("x", one, metric_kind::gauge);
    table.see("y", {}, metric_kind::monotonic_sum);
    EXPECT_THAT(swept(table), ::testing::IsEmpty());
    table.begin();
    table.see("y", {}, metric_kind::monotonic_sum);
    EXPECT_THAT(swept(table), ::testing::ElementsAre("x a=1 b=2 1"));
    table.begin();
    table.see("y", {}, metric_kind::monotonic_sum);
    EXPECT_THAT(swept(table), ::testing::IsEmpty());
    EXPECT_EQ(table.size(), 1U);
}

TEST(SeriesTable, knows_a_series_again_whatever_the_order_of_its_labels) {
    series_table table;
    const label one[] = {{"a", "1"}, {"b", "2"}};
    const label other[] = {{"b", "2"}, {"a", "1"}};
    table.begin();
    table.see("x", one, metric_kind::gauge);
    table.begin();
    table.see("x", other, metric_kind::gauge);
    EXPECT_THAT(swept(table), ::testing::IsEmpty());
    EXPECT_EQ(table.size(), 1U);
}

TEST(SeriesTable, tells_series_apart_whose_texts_only_join_alike) {
    series_table table;
    const label one[] = {{"a", "bc"}};
    const label other[] = {{"ab", "c"}};
    const label odd[] = {{"a", std::string_view("b\0c", 3)}};
    table.begin();
    table.see("x", one, metric_kind::gauge);
    table.see("x", other, metric_kind::gauge);
    table.see("xa", {}, metric_kind::gauge);
    table.see("x", odd, metric_kind::gauge);
    EXPECT_EQ(table.size(), 4U);
    table.begin();
    EXPECT_THAT(swept(table), ::testing::Contains(std::string("x a=b\0c 1", 9)));
    EXPECT_EQ(table.size(), 0U);
}

TEST(SeriesTable, tells_of_a_series_again_that_came_back_and_went) {
    series_table table;
    for (int round = 0; round < 2; ++round) {
        table.begin();
        table.see("x", {}, metric_kind::gauge);
        table.begin();
        EXPECT_EQ(swept(table).size(), 1U);
    }
}

}  // namespace
}  // namespace sonde::prometheus
