// SPDX-License-Identifier: Apache-2.0
#include "vault/metric_page.hpp"

#include <gtest/gtest.h>

#include "common/exposition/parser.hpp"
#include "sonde/v1/metric.pb.h"

namespace sonde::vault {
namespace {

std::vector<v1::MetricSet> sets_of(std::string_view text) {
    std::vector<v1::MetricSet> sets;
    metric_page page("vault", [&](std::span<const std::uint8_t> fields) {
        EXPECT_TRUE(sets.emplace_back().ParseFromArray(fields.data(), static_cast<int>(fields.size())));
    });
    common::exposition::parser parser;
    parser.begin(text, common::exposition::dialect::prometheus);
    for (common::exposition::sample each; parser.next(each);) {
        page.add(each);
    }
    EXPECT_FALSE(parser.failure());
    page.finish();
    return sets;
}

TEST(MetricPage, series_of_a_name_are_one_metric) {
    const auto sets = sets_of("# HELP vault_core_active Active.\n# TYPE vault_core_active gauge\n"
                              "vault_core_active{cluster=\"a\"} 1\nvault_core_active{cluster=\"b\"} 0\n"
                              "# TYPE vault_audit_log_request_failure counter\nvault_audit_log_request_failure 7\n"
                              "# TYPE vault_route summary\nvault_route{quantile=\"0.5\"} 0.25\nvault_route_sum 3\n"
                              "vault_route_count 4\nfree 1 1700000000000\n");
    ASSERT_EQ(sets.size(), 1U);
    const v1::MetricSet& set = sets.front();
    EXPECT_EQ(set.group(), "vault");
    ASSERT_EQ(set.metrics_size(), 6);
    EXPECT_EQ(set.metrics(0).name(), "vault_core_active");
    EXPECT_EQ(set.metrics(0).description(), "Active.");
    EXPECT_EQ(set.metrics(0).kind(), v1::METRIC_KIND_GAUGE);
    ASSERT_EQ(set.metrics(0).points_size(), 2);
    EXPECT_EQ(set.metrics(0).points(1).attributes().at("cluster"), "b");
    EXPECT_EQ(set.metrics(0).points(0).double_value(), 1);
    EXPECT_EQ(set.metrics(1).kind(), v1::METRIC_KIND_MONOTONIC_SUM);
    EXPECT_EQ(set.metrics(2).points(0).attributes().at("quantile"), "0.5");
    EXPECT_EQ(set.metrics(3).name(), "vault_route_sum");
    EXPECT_EQ(set.metrics(4).kind(), v1::METRIC_KIND_MONOTONIC_SUM);
    EXPECT_EQ(set.metrics(5).kind(), v1::METRIC_KIND_UNSPECIFIED);
    EXPECT_EQ(set.metrics(5).points(0).time_unix_nano(), 1700000000'000000000U);
}

TEST(MetricPage, a_large_page_is_several_sets_with_every_sample_in_one) {
    std::string text;
    constexpr int names = 50;
    constexpr int series = 100;
    for (int i = 0; i < names; ++i) {
        for (int k = 0; k < series; ++k) {
            text += "name_" + std::to_string(i) + "{mount=\"secret/" + std::to_string(k) + "\"} 1\n";
        }
    }
    const auto sets = sets_of(text);
    EXPECT_GT(sets.size(), 2U);
    int points = 0;
    for (const v1::MetricSet& set : sets) {
        EXPECT_LT(set.ByteSizeLong(), 2 * metric_page::largest_set);
        EXPECT_EQ(set.group(), "vault");
        for (const v1::Metric& each : set.metrics()) {
            points += each.points_size();
        }
    }
    EXPECT_EQ(points, names * series);
}

TEST(MetricPage, an_empty_page_is_no_set) { EXPECT_TRUE(sets_of("").empty()); }

}  // namespace
}  // namespace sonde::vault
