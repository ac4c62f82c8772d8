// SPDX-License-Identifier: Apache-2.0
#include "observe/metrics.hpp"

#include <algorithm>
#include <array>
#include <thread>

#include <gtest/gtest.h>

#include <sonde/abi/ext/histogram.h>
#include <sonde/metrics.hpp>

#include "observe/prometheus.hpp"

namespace sonde::observe {
namespace {

const family* find(const std::vector<family>& all, std::string_view name) {
    const auto found = std::ranges::find(all, name, &family::name);
    return found == all.end() ? nullptr : &*found;
}

TEST(Metrics, the_same_description_gives_the_same_cell) {
    registry all;
    std::uint64_t* first =
        all.cell("p", kind::counter, "sonde.p.events", "{event}", "Events.", {{"a", "1"}, {"b", "2"}}).cell;
    EXPECT_EQ(all.cell("p", kind::counter, "sonde.p.events", "{event}", "Other words.", {{"b", "2"}, {"a", "1"}}).cell,
              first);
    EXPECT_NE(all.cell("p", kind::counter, "sonde.p.events", "{event}", "Events.", {{"a", "1"}}).cell, first);
    EXPECT_NE(all.cell("q", kind::counter, "sonde.p.events", "{event}", "Events.", {{"a", "1"}, {"b", "2"}}).cell,
              first);
}

TEST(Metrics, a_snapshot_has_each_owner_under_its_name) {
    registry all;
    add(all.cell("p", kind::counter, "sonde.p.events", "{event}", "Events.").cell, 3);
    add(all.cell("q", kind::counter, "sonde.p.events", "{event}", "Events.").cell, 4);
    set(all.cell("", kind::gauge, "sonde.depth", "", "Depth.").cell, -7);
    const auto families = all.snapshot();
    const family* events = find(families, "sonde.p.events");
    ASSERT_NE(events, nullptr);
    EXPECT_EQ(events->series.at({{"instance_name", "p"}}), 3);
    EXPECT_EQ(events->series.at({{"instance_name", "q"}}), 4);
    EXPECT_EQ(find(families, "sonde.depth")->series.at({}), -7);
}

TEST(Metrics, a_histogram_counts_by_bounds) {
    registry all;
    constexpr std::array<std::uint64_t, 3> bounds{1'000'000, 10'000'000, 100'000'000};
    const auto placed = all.histogram("p", "sonde.p.age", "ns", "Age.", bounds, {{"k", "v"}});
    ASSERT_FALSE(placed.refusal);
    const histogram ages(placed.cell, bounds);
    for (const std::uint64_t value : {0U, 1'000'000U, 1'000'001U, 200'000'000U, 300'000'000U}) {
        ages.record(value);
    }
    const auto families = all.snapshot();
    const family* const age = find(families, "sonde.p.age");
    ASSERT_NE(age, nullptr);
    const distribution& told = age->distributions.at({{"instance_name", "p"}, {"k", "v"}});
    EXPECT_EQ(told.counts, (std::vector<std::uint64_t>{2, 1, 0, 2}));
    EXPECT_EQ(told.sum, 502'000'001);
    const readings read = all.read("p");
    ASSERT_EQ(read.cells.size(), 1U);
    EXPECT_EQ(read.cells[0].spread.counts, told.counts);
    EXPECT_EQ(read.cells[0].bounds, std::vector(bounds.begin(), bounds.end()));
    const std::string page = prometheus_page(families);
    for (const char* const line : {
             "# TYPE sonde_p_age_seconds histogram",
             R"(sonde_p_age_seconds_bucket{instance_name="p",k="v",le="0.001"} 2)",
             R"(sonde_p_age_seconds_bucket{instance_name="p",k="v",le="0.1"} 3)",
             R"(sonde_p_age_seconds_bucket{instance_name="p",k="v",le="+Inf"} 5)",
             R"(sonde_p_age_seconds_count{instance_name="p",k="v"} 5)",
             R"(sonde_p_age_seconds_sum{instance_name="p",k="v"} 0.502000001)",
         }) {
        EXPECT_NE(page.find(line), std::string::npos) << line << '\n' << page;
    }
}

TEST(Metrics, bounds_that_do_not_fit_are_refused_with_memory_that_is_safe_to_write) {
    registry all({.series = 1, .instruments = 8});
    constexpr std::array<std::uint64_t, 2> bounds{1, 2};
    constexpr std::array<std::uint64_t, 2> others{1, 3};
    constexpr std::array<std::uint64_t, 2> falling{2, 1};
    constexpr std::array<std::uint64_t, SONDE_HISTOGRAM_MAX_BOUNDS + 1> many{};
    ASSERT_FALSE(all.histogram("p", "sonde.x", "ns", "X.", bounds).refusal);
    const placement refused[] = {
        all.histogram("p", "sonde.x", "ns", "X.", others),     all.histogram("q", "sonde.x", "ns", "X.", others),
        all.histogram("p", "sonde.y", "ns", "Y.", falling),    all.histogram("p", "sonde.y", "ns", "Y.", {}),
        all.histogram("p", "sonde.y", "ns", "Y.", many),       all.histogram("p", "sonde.y.bucket", "", "Y.", bounds),
        all.cell("p", kind::histogram, "sonde.y", "ns", "Y."), all.cell("p", kind::gauge, "sonde.x", "ns", "X."),
    };
    for (const placement& each : refused) {
        ASSERT_TRUE(each.refusal);
        EXPECT_EQ(each.refusal->code, errc::invalid);
        histogram(each.cell, bounds).record(1);
    }
    const placement beyond = all.histogram("p", "sonde.x", "ns", "X.", bounds, {{"k", "2"}});
    ASSERT_TRUE(beyond.refusal);
    EXPECT_EQ(beyond.refusal->code, errc::exhausted);
    histogram(beyond.cell, bounds).record(9);
    const auto families = all.snapshot();
    const auto& spread = find(families, "sonde.x")->distributions;
    EXPECT_EQ(spread.at({{"instance_name", "p"}, {"overflow", "true"}}).counts, (std::vector<std::uint64_t>{0, 0, 1}));
    EXPECT_EQ(spread.at({{"instance_name", "p"}}).counts, (std::vector<std::uint64_t>{0, 0, 0}));
}

TEST(Metrics, series_beyond_the_limit_share_an_overflow_cell_and_are_counted) {
    registry all({.series = 2, .instruments = 8});
    const auto make = [&](std::string_view value) {
        return all.cell("p", kind::counter, "sonde.p.x", "", "X.", {{"k", value}});
    };
    EXPECT_FALSE(make("1").refusal);
    EXPECT_FALSE(make("2").refusal);
    const placement third = make("3");
    const placement fourth = make("4");
    ASSERT_TRUE(third.refusal);
    EXPECT_EQ(third.refusal->code, errc::exhausted);
    EXPECT_EQ(third.cell, fourth.cell);
    EXPECT_FALSE(make("1").refusal) << "known series stay reachable";
    add(third.cell, 5);
    const auto families = all.snapshot();
    EXPECT_EQ(find(families, "sonde.p.x")->series.at({{"instance_name", "p"}, {"overflow", "true"}}), 5);
    EXPECT_EQ(find(families, "sonde.metrics.refused.series")->series.at({{"reason", "limit"}}), 2);
}

TEST(Metrics, one_owner_cannot_use_up_the_series_of_another) {
    registry all({.series = 1, .instruments = 1});
    EXPECT_FALSE(all.cell("p", kind::counter, "sonde.x", "", "X.").refusal);
    EXPECT_TRUE(all.cell("p", kind::counter, "sonde.y", "", "Y.").refusal);
    EXPECT_FALSE(all.cell("q", kind::counter, "sonde.y", "", "Y.").refusal);
}

TEST(Metrics, a_refused_description_still_gets_a_cell_that_is_safe_to_write) {
    registry all;
    static_cast<void>(all.cell("p", kind::counter, "sonde.x", "By", "X."));
    const placement refused[] = {
        all.cell("p", kind::counter, "Bad Name", "", "X."),
        all.cell("p", kind::gauge, "sonde.x", "By", "Other kind."),
        all.cell("p", kind::counter, "sonde.x", "s", "Other unit."),
        all.cell("p", kind::counter, "sonde.y", "", "Y.", {{"k", "\xff"}}),
        all.cell("p", kind::counter, "sonde.y", "", "Y.", {{"k.a", "1"}, {"k_a", "2"}}),
        all.cell("p", kind::counter, "sonde.y", "", "Y.", {{"instance_name", "q"}}),
        all.cell("q", kind::counter, "sonde_x", "By", "Same name on the page."),
    };
    for (const placement& each : refused) {
        ASSERT_TRUE(each.refusal);
        EXPECT_EQ(each.refusal->code, errc::invalid);
        ASSERT_NE(each.cell, nullptr);
        add(each.cell);
    }
    const auto families = all.snapshot();
    EXPECT_EQ(find(families, "sonde.metrics.refused.series")->series.at({{"reason", "invalid"}}), std::size(refused));
    EXPECT_EQ(find(families, "sonde.x")->series.size(), 1U);
}

TEST(Metrics, release_removes_the_series_and_a_late_writer_touches_live_memory) {
    registry all;
    std::uint64_t* cell = all.cell("p", kind::counter, "sonde.x", "", "X.").cell;
    const auto held = all.hold("p");
    const std::uint64_t before = all.read("p").generation;
    all.release("p");
    add(cell, 9);
    EXPECT_EQ(*cell, 9U);
    EXPECT_EQ(find(all.snapshot(), "sonde.x"), nullptr);
    std::uint64_t* again = all.cell("p", kind::gauge, "sonde.x", "By", "Now a gauge.").cell;
    EXPECT_NE(again, cell);
    EXPECT_EQ(*again, 0U);
    EXPECT_NE(all.read("p").generation, before);
}

TEST(Metrics, sources_are_asked_at_each_snapshot_until_they_are_removed) {
    registry all;
    int calls = 0;
    const auto id =
        all.add_source([&](sample_sink& into) { into.gauge("sonde.state", "", "State.", {{"name", "p"}}, ++calls); });
    EXPECT_EQ(find(all.snapshot(), "sonde.state")->series.at({{"name", "p"}}), 1);
    EXPECT_EQ(find(all.snapshot(), "sonde.state")->series.at({{"name", "p"}}), 2);
    all.remove_source(id);
    EXPECT_EQ(find(all.snapshot(), "sonde.state"), nullptr);
    EXPECT_EQ(calls, 2);
}

TEST(Metrics, a_sample_that_would_spoil_the_page_is_left_out_and_counted) {
    registry all;
    static_cast<void>(all.cell("", kind::counter, "sonde.x", "", "X."));
    all.add_source([](sample_sink& into) {
        into.counter("sonde.x", "", "Twice.", {}, 1);
        into.gauge("sonde.x_total.y", "", "Fine.", {}, 1);
        into.gauge("No", "", "Bad name.", {}, 1);
    });
    const auto families = all.snapshot();
    EXPECT_EQ(find(families, "sonde.metrics.refused.samples")->series.at({}), 2);
    EXPECT_EQ(find(families, "sonde.x")->series.at({}), 0);
}

TEST(Metrics, reading_while_writers_and_makers_run_is_race_free) {
    registry all;
    std::jthread writer([&](const std::stop_token& stop) {
        const auto held = all.hold("p");
        std::uint64_t* cell = all.cell("p", kind::counter, "sonde.x", "", "X.").cell;
        while (!stop.stop_requested()) {
            add(cell);
        }
    });
    std::jthread maker([&](const std::stop_token& stop) {
        for (int i = 0; !stop.stop_requested(); ++i) {
            add(all.cell("q", kind::counter, "sonde.y", "", "Y.", {{"k", std::to_string(i % 300)}}).cell);
            if (i % 1000 == 999) {
                all.release("q");
            }
        }
    });
    double last = 0;
    for (int i = 0; i < 200; ++i) {
        const auto families = all.snapshot();
        if (const family* x = find(families, "sonde.x")) {
            const double now = x->series.begin()->second;
            EXPECT_GE(now, last);
            last = now;
        }
    }
}

TEST(Prometheus, writes_scaled_values_and_escaped_labels) {
    registry all;
    add(all.cell("p", kind::counter, "sonde.busy", "ns", "Busy.", {{"path", "a\"b\\c\nd"}}).cell, 1'500'000'000);
    const std::string page = prometheus_page(all.snapshot());
    EXPECT_NE(page.find("# TYPE sonde_busy_seconds_total counter"), std::string::npos) << page;
    EXPECT_NE(page.find(R"(sonde_busy_seconds_total{instance_name="p",path="a\"b\\c\nd"} 1.5)"), std::string::npos)
        << page;
}

}  // namespace
}  // namespace sonde::observe
