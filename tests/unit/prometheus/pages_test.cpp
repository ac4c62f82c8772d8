// SPDX-License-Identifier: Apache-2.0
#include "prometheus/pages.hpp"

#include <gtest/gtest.h>

namespace sonde::prometheus {
namespace {

using namespace std::chrono_literals;

const poll_state waiting;
const poll_state working{true, {trouble::none, {}, 12}, {1'700'000'000s, 5ms, true}};
const poll_state failing{true, {trouble::timeout, "no \"answer\"", 0}, {1'700'000'001s, 10s, true}};

TEST(Health, is_good_while_nothing_has_failed) {
    const poll_facts all[] = {{"a", source_kind::query, &waiting}, {"b", source_kind::scrape, &working}};
    EXPECT_EQ(judge(all), health_report{});
    EXPECT_EQ(judge({}), health_report{});
}

TEST(Health, names_the_first_that_fails_and_says_how_many_do) {
    const poll_facts all[] = {{"a", source_kind::query, &working},
                              {"b", source_kind::query, &failing},
                              {"c", source_kind::query, &failing},
                              {"d", source_kind::scrape, &failing}};
    const health_report report = judge(all);
    EXPECT_FALSE(report.is_ok);
    EXPECT_EQ(report.reason, "timeout");
    EXPECT_EQ(report.text,
              "2 of 3 queries without an answer: b: no \"answer\"; 1 of 1 targets without an answer: d: no "
              "\"answer\"");
}

TEST(Check, lists_queries_and_targets) {
    const poll_facts all[] = {
        {"d", source_kind::scrape, &failing}, {"a", source_kind::query, &waiting}, {"b", source_kind::query, &working}};
    EXPECT_EQ(
        check_json(all),
        "{\"ok\":false,\"reason\":\"timeout\",\"text\":\"1 of 1 targets without an answer: d: no \\\"answer\\\"\","
        "\"queries\":[\n{\"name\":\"a\",\"state\":\"waiting\"},\n"
        "{\"name\":\"b\",\"state\":\"working\",\"time_ms\":1700000000000,\"duration_us\":5000,\"samples\":12}],"
        "\"targets\":[\n{\"name\":\"d\",\"state\":\"failing\",\"time_ms\":1700000001000,\"duration_us\":10000000,"
        "\"reason\":\"timeout\",\"text\":\"no \\\"answer\\\"\"}]}\n");
    EXPECT_EQ(check_json({}), "{\"ok\":true,\"queries\":[],\"targets\":[]}\n");
}

}  // namespace
}  // namespace sonde::prometheus
