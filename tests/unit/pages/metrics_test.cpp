// SPDX-License-Identifier: Apache-2.0
// The metrics page of an agent with real lanes and instances.
#include <array>
#include <cmath>
#include <cstdlib>

#include <sys/wait.h>

#include "fixture.hpp"

namespace sonde::pages {
namespace {

constexpr std::string_view busy =
    "[[collectors]]\ntype = \"pump\"\nrequired = true\n[collectors.config]\nitems = 100\n"
    "[[collectors]]\ntype = \"pump\"\nname = \"bad\"\n[collectors.config]\nbroken = true\n"
    "[[encoders]]\ntype = \"sink\"\n";

class PageMetrics : public Pages {
protected:
    void begin_busy() {
        begin(busy);
        ASSERT_TRUE(reaches("sink", run::state::running));
        ASSERT_TRUE(eventually([&] { return !status_of("bad").last_error.empty(); }));
        ASSERT_TRUE(eventually([&] {
            return value("sonde.subscription.delivered.items",
                         {{"subscription", "sink"}, {"lane", "pump"}, {"topic", "raw/pump/"}}) == 100;
        }));
    }
    // NaN if there is no such series.
    [[nodiscard]] double value(std::string_view name, const observe::labels& with) const {
        for (const auto& each : metrics_.snapshot()) {
            if (each.name == name) {
                const auto found = each.series.find(with);
                return found == each.series.end() ? std::nan("") : found->second;
            }
        }
        return std::nan("");
    }
};

TEST_F(PageMetrics, every_item_of_a_lane_is_counted) {
    begin_busy();
    EXPECT_EQ(value("sonde.lane.produced.items", {{"lane", "pump"}, {"topic", "raw/pump/"}}), 100);
    EXPECT_GT(value("sonde.lane.produced.bytes", {{"lane", "pump"}, {"topic", "raw/pump/"}}), 100 * 200);
    EXPECT_EQ(value("sonde.lane.dropped.items", {{"lane", "pump"}, {"topic", "raw/pump/"}, {"reason", "lane_full"}}),
              0);
    EXPECT_EQ(value("sonde.lane.budget.bytes", {{"lane", "pump"}}), 1u << 20);
    const observe::labels position{{"subscription", "sink"}, {"lane", "pump"}, {"topic", "raw/pump/"}};
    EXPECT_EQ(value("sonde.subscription.failed.items", position), 0);
    EXPECT_EQ(value("sonde.subscription.in_flight.items", position), 0);
    EXPECT_EQ(value("sonde.subscription.lost.items",
                    {{"subscription", "sink"}, {"lane", "pump"}, {"topic", "raw/pump/"}, {"reason", "queue_full"}}),
              0);
    EXPECT_EQ(value("sonde.subscription.malformed.batches", {{"subscription", "sink"}}), 0);
    EXPECT_EQ(value("sonde.subscription.lag.seconds", {{"subscription", "sink"}}), 0);
}

TEST_F(PageMetrics, counters_never_shrink_when_an_instance_restarts) {
    begin_busy();
    ASSERT_EQ(ask("/modules/pump/restart", "POST").status, 200);
    EXPECT_TRUE(eventually([&] {
        const double produced = value("sonde.lane.produced.items", {{"lane", "pump"}, {"topic", "raw/pump/"}});
        EXPECT_GE(produced, 100);
        return produced == 200;
    }));
}

TEST_F(PageMetrics, every_fact_of_the_status_pages_is_a_metric_too) {
    begin_busy();
    pages_->refresh_stats();
    EXPECT_EQ(value("sonde.instance.state", {{"instance_name", "pump"}, {"state", "running"}}), 1);
    EXPECT_EQ(value("sonde.instance.health", {{"instance_name", "pump"}, {"status", "ok"}, {"reason", ""}}), 1);
    EXPECT_GT(value("sonde.instance.last_error.time", {{"instance_name", "bad"}}), 0);
    EXPECT_EQ(value("sonde.instance.restarts", {{"instance_name", "pump"}}), 0);
    EXPECT_GE(value("sonde.instance.cpu.time", {{"instance_name", "pump"}}), 0);
    EXPECT_EQ(value("sonde.instance.info", {{"instance_name", "pump"},
                                            {"role", "collector"},
                                            {"type", "pump"},
                                            {"version", "1.2.3"},
                                            {"required", "true"}}),
              1);
    EXPECT_EQ(value("sonde.plugin.info", {{"id", "io.sonde.test.pages"},
                                          {"version", "1.2.3"},
                                          {"abi", "1.1"},
                                          {"digest", ""},
                                          {"isolation", "inproc"}}),
              1);
    EXPECT_EQ(value("sonde.plugin.refused", {{"reason", "not_elf"}}), 1);
    EXPECT_EQ(value("sonde.plugin.retired", {}), 0);
    EXPECT_EQ(value("sonde.config.reloads", {{"result", "ok"}}), 0);
    EXPECT_EQ(value("sonde.config.info", {{"hash", document_.hash}}), 1);
    EXPECT_EQ(value("sonde.agent.info", {{"version", SONDE_VERSION}}), 1);
    EXPECT_EQ(value("sonde.agent.ready", {}), 1);
    EXPECT_GT(value("sonde.agent.memory.resident", {}), 0);
    EXPECT_GE(value("sonde.stats.update.count", {{"instance_name", "pump"}}), 1);
    EXPECT_EQ(value("sonde.metrics.refused.samples", {}), 0);
}

TEST_F(PageMetrics, sources_leave_with_the_pages) {
    begin_busy();
    pages_.reset();
    EXPECT_TRUE(std::isnan(value("sonde.agent.info", {{"version", SONDE_VERSION}})));
}

TEST_F(PageMetrics, promtool_finds_nothing_to_say_about_the_page) {
    if (std::system("command -v promtool >/dev/null 2>&1") != 0) {
        GTEST_SKIP() << "promtool is not installed (Debian package prometheus)";
    }
    begin_busy();
    const auto page = ask("/metrics");
    EXPECT_EQ(page.content_type, "text/plain; version=0.0.4; charset=utf-8");
    const std::string file = directory_.file("page");
    std::ofstream(file) << page.body;
    std::FILE* tool = ::popen(("promtool check metrics < '" + file + "' 2>&1").c_str(), "r");
    ASSERT_NE(tool, nullptr);
    std::string said;
    std::array<char, 512> part{};
    while (std::fgets(part.data(), part.size(), tool) != nullptr) {
        said += part.data();
    }
    EXPECT_EQ(WEXITSTATUS(::pclose(tool)), 0);
    EXPECT_EQ(said, "") << page.body;
}

}  // namespace
}  // namespace sonde::pages
