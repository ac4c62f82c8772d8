// SPDX-License-Identifier: Apache-2.0
// The whole collector in its thread, against addresses where nobody listens; servers answer it in the end-to-end tests.
#include "prometheus/collector.hpp"

#include "kit.hpp"

namespace sonde::prometheus {
namespace {

using namespace std::chrono_literals;
constexpr auto patience = 10s;

class PrometheusCollector : public kit {
protected:
    PrometheusCollector() { host.clock.follow_real_time(); }
    testing::collector_driver driver{host, component_table<collector>::table};
};

// Port 1 of the loopback interface: reserved (tcpmux), and nobody has it.
constexpr const char* nobody = "http://127.0.0.1:1";

TEST_F(PrometheusCollector, tells_that_a_target_is_down_and_names_it) {
    ASSERT_TRUE(driver.launch({{"targets", std::string("node=") + nobody}, {"spread_start", "false"}}));
    ASSERT_TRUE(host.lane.wait_for(scrape_topic, [](const auto&) { return true; }, patience));
    ASSERT_TRUE(host.reports.wait_for([](const auto& each) { return each.reason == "unreachable"; }, patience));
    const auto all = points(scrape_topic);
    ASSERT_FALSE(all.empty());
    EXPECT_EQ(all[0].name, "up");
    EXPECT_EQ(all[0].point.double_value(), 0);
    EXPECT_EQ(all[0].labels.at("instance"), "127.0.0.1:1");
    const auto page = driver.ask("check");
    ASSERT_TRUE(page);
    EXPECT_THAT(*page, ::testing::HasSubstr("\"reason\":\"unreachable\""));
    EXPECT_TRUE(driver.stop());
}

TEST_F(PrometheusCollector, repeats_a_query_that_nobody_answers_and_still_stops_at_once) {
    ASSERT_TRUE(driver.launch({{"url", nobody},
                               {"queries", "load=up"},
                               {"query_interval", "1h"},
                               {"spread_start", "false"},
                               {"retry_first", "10ms"},
                               {"retry_limit", "10ms"}}));
    ASSERT_TRUE(host.reports.wait_for([](const auto& each) { return each.reason == "unreachable"; }, patience));
    const auto begin = std::chrono::steady_clock::now();
    while (host.metrics.value("prometheus.retries", {{"kind", "query"}}) < 3 &&
           std::chrono::steady_clock::now() - begin < patience) {
        std::this_thread::sleep_for(5ms);
    }
    EXPECT_GE(host.metrics.value("prometheus.retries", {{"kind", "query"}}), 3);
    EXPECT_EQ(host.metrics.value("prometheus.failing", {{"kind", "query"}}), 1);
    EXPECT_TRUE(driver.stop());
    EXPECT_TRUE(sets(query_topic).empty());
}

TEST_F(PrometheusCollector, begins_at_a_random_moment_of_the_first_interval) {
    ASSERT_TRUE(driver.launch({{"targets", std::string("node=") + nobody}, {"scrape_interval", "24h"}}));
    const auto page = driver.ask("check");
    ASSERT_TRUE(page);
    EXPECT_THAT(*page, ::testing::HasSubstr("\"state\":\"waiting\""));
    EXPECT_TRUE(driver.stop());
    EXPECT_EQ(host.metrics.total("prometheus.requests"), 0);
}

}  // namespace
}  // namespace sonde::prometheus
