// SPDX-License-Identifier: Apache-2.0
// What an instance gets from its host: metrics, log, clock, health.
#include <sonde/abi/ext/input.h>

#include "run/services.hpp"

#include <atomic>
#include <set>

#include <sonde/host.hpp>

#include "config/validate.hpp"
#include "run/instance.hpp"
#include "support/clock.hpp"
#include "world.hpp"

namespace sonde::run::test {
namespace {

using ::testing::HasSubstr;

class Services : public World {
protected:
    [[nodiscard]] service_settings settings(std::function<void()> on_health = {}) {
        return {"files", nullptr, &metrics_, logger_.get(), std::move(on_health)};
    }
};

TEST_F(Services, metric_cells_survive_restarts_and_keep_counting) {
    start("[[collectors]]\ntype = \"source\"\n");
    for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(restart("source"), "");
    }
    const auto now = metrics_.read("source");
    ASSERT_EQ(now.cells.size(), 1u);
    EXPECT_EQ(now.cells.front().value, 4u);
}

TEST_F(Services, log_lines_carry_the_instance) {
    start("[[collectors]]\ntype = \"source\"\nname = \"files\"\nconfig.label = \"fast\"\n");
    EXPECT_THAT(log(), HasSubstr("component=files msg=\"started fast\""));
}

TEST_F(Services, a_log_level_out_of_range_is_clamped) {
    services under_test(settings());
    const host on(under_test.abi());
    const auto* table = on.extension<sonde_host_log>(SONDE_HOST_LOG);
    const sonde_log_site site{nullptr, 0, 0};
    table->write(on.abi(), 99, &site, borrow("too high"));
    table->write(on.abi(), -1, &site, borrow("too low"));
    EXPECT_THAT(log(), HasSubstr("too high"));
    EXPECT_THAT(log(), ::testing::Not(HasSubstr("too low"))) << "trace lies below the threshold";
}

TEST_F(Services, the_clocks_are_the_hosts) {
    services under_test(settings());
    const host on(under_test.abi());
    const std::int64_t before = support::monotonic_now();
    const std::int64_t seen = on.monotonic().count();
    const std::int64_t after = support::monotonic_now();
    EXPECT_LE(before, seen);
    EXPECT_LE(seen, after);
    const std::int64_t wall = support::wall_now();
    EXPECT_NEAR(static_cast<double>(on.wall().count()), static_cast<double>(wall), 1e9);
    EXPECT_NEAR(static_cast<double>(on.wall(std::chrono::nanoseconds(after)).count()), static_cast<double>(wall), 1e9);
}

TEST_F(Services, counters_and_gauges_are_registered_for_the_instance_with_attributes) {
    services under_test(settings());
    const host on(under_test.abi());
    on.make_counter("test.reads", "{read}", "Reads", {{"kind", "fast"}}).add(3);
    on.make_counter("test.reads", "{read}", "Reads", {{"kind", "slow"}}).add(4);
    on.make_gauge("test.depth", "{item}", "Depth").set(-5);
    std::set<double> values;
    for (const auto& cell : metrics_.read("files").cells) {
        values.insert(cell.number());
    }
    EXPECT_EQ(values, (std::set<double>{3, 4, -5}));
    EXPECT_TRUE(metrics_.read("").cells.empty());
}

TEST_F(Services, a_histogram_is_laid_out_as_the_host_reads_it) {
    services under_test(settings());
    static constexpr std::array<std::uint64_t, 2> bounds{10, 20};
    const auto sizes = host(under_test.abi()).make_histogram("test.sizes", "By", "Sizes", bounds, {{"kind", "fast"}});
    for (const std::uint64_t size : {5U, 15U, 16U, 25U}) {
        sizes.record(size);
    }
    const auto read = metrics_.read("files").cells;
    ASSERT_EQ(read.size(), 1U);
    EXPECT_EQ(read[0].name, "sonde.test.sizes");
    EXPECT_EQ(read[0].spread.counts, (std::vector<std::uint64_t>{1, 2, 1}));
    EXPECT_EQ(read[0].spread.sum, 61);
}

TEST_F(Services, an_unusable_metric_is_refused_with_a_cell_that_is_safe_to_write) {
    services under_test(settings());
    const host on(under_test.abi());
    const auto* table = on.extension<sonde_host_metrics>(SONDE_HOST_METRICS);
    const sonde_metric nameless{sizeof nameless, SONDE_METRIC_COUNTER, nullptr, nullptr, nullptr, nullptr, 0};
    std::uint64_t* cell = nullptr;
    EXPECT_EQ(table->cell(on.abi(), &nameless, &cell), SONDE_INVALID);
    ASSERT_NE(cell, nullptr);
    ++*cell;
}

TEST_F(Services, cells_stay_mapped_for_code_that_runs_after_its_instance_was_removed) {
    services under_test(settings());
    const auto kept = host(under_test.abi()).make_counter("test.reads", "{read}", "Reads");
    kept.add();
    metrics_.release("files");
    kept.add();
    EXPECT_TRUE(metrics_.read("files").cells.empty());
}

TEST_F(Services, health_counts_changes_and_tells_of_each) {
    int told = 0;
    services under_test(settings([&] { ++told; }));
    const host on(under_test.abi());
    EXPECT_EQ(under_test.health().status, health::ok);
    EXPECT_EQ(under_test.health().count, 0u);
    on.report(health::recoverable, "slow_peer", "the peer is slow");
    on.report(health::recoverable, "slow_peer", "the peer is slow");
    EXPECT_EQ(told, 1) << "the same report again is no change";
    EXPECT_EQ(under_test.health().count, 1u);
    on.report(health::recoverable, "slow_peer", "the peer is very slow");
    on.report(health::ok);
    EXPECT_EQ(told, 3);
    EXPECT_EQ(under_test.health().count, 3u);
    EXPECT_EQ(under_test.health().status, health::ok);
    EXPECT_EQ(under_test.health().reason, "");
}

TEST_F(Services, a_lane_is_offered_only_to_those_who_have_one) {
    services without(settings());
    const host on(without.abi());
    EXPECT_EQ(on.extension<void>(SONDE_HOST_LANE), nullptr);
    EXPECT_EQ(on.extension<void>("sonde.host.unheard_of/1"), nullptr);
    auto lane = fabric_->open_lane({"test", "files", "node", 2, 1}, {});
    ASSERT_TRUE(lane);
    auto with_lane = settings();
    with_lane.lane = *lane;
    services with(with_lane);
    EXPECT_NE(host(with.abi()).extension<void>(SONDE_HOST_LANE), nullptr);
    fabric_->close_lane(*lane);
}

TEST_F(Services, those_with_a_subscription_may_ask_for_state) {
    services without(settings());
    EXPECT_EQ(host(without.abi()).extension<void>(SONDE_HOST_INPUT), nullptr);
    int asked = 0;
    auto with_input = settings();
    with_input.ask_state = [&] { ++asked; };
    services with(with_input);
    const auto* input = host(with.abi()).extension<sonde_host_input>(SONDE_HOST_INPUT);
    ASSERT_NE(input, nullptr);
    input->ask_state(with.abi());
    EXPECT_EQ(asked, 1);
}

TEST_F(Services, health_reports_do_not_pile_up_while_nobody_looks) {
    const auto offered = plugins_.all();
    const auto* component = plugins_.find(offered, role::collector, "source");
    ASSERT_NE(component, nullptr);
    auto lane = fabric_->open_lane({"source", "files", "node", 2, 1}, {});
    ASSERT_TRUE(lane);
    std::atomic<int> told{0};
    std::atomic<int> stopped{0};
    instance_settings made;
    made.name = "files";
    made.component = *component;
    config::diagnostics found;
    made.values = *config::validate(read("[[collectors]]\ntype = \"source\"\n").instances.front(),
                                    component->spec.options, {}, found);
    made.lane = *lane;
    made.metrics = &metrics_;
    made.log = logger_.get();
    made.notify = [&](const notice& heard) {
        told += heard.what == notice::kind::health ? 1 : 0;
        stopped += heard.what == notice::kind::stopped ? 1 : 0;
    };
    of("files").broken = fault::chatters;
    const auto under_test = instance::make(std::move(made));
    under_test->launch();
    under_test->go();
    ASSERT_TRUE(until([&] { return under_test->health().count == 1000; }));
    EXPECT_EQ(told, 1);
    under_test->heard_health();
    of("files").publish(1);
    ASSERT_TRUE(until([&] { return told == 2; }));
    under_test->stop(support::monotonic_now() + 1'000'000'000);
    ASSERT_TRUE(until([&] { return stopped == 1; }));
    fabric_->close_lane(*lane);
}

}  // namespace
}  // namespace sonde::run::test
