// SPDX-License-Identifier: Apache-2.0
#include "prometheus/target.hpp"

#include <cmath>

#include "kit.hpp"

namespace sonde::prometheus {
namespace {

using namespace std::chrono_literals;

class Target : public kit {
protected:
    target& with(testing::option_texts more = {}) {
        more.insert(more.begin(), {"targets", "node=http://10.0.0.1:9100/metrics"});
        values = options_of(more).value();
        made.emplace(values.targets.front(), values, counted, open(scrape_topic));
        return *made;
    }
    verdict take(std::string body, std::string type = "text/plain; version=0.0.4") {
        host.lane.release();
        return made->take({1000s, 250ms, true}, {200, {{"Content-Type", std::move(type)}}}, body);
    }
    void miss(bool is_tick) {
        host.lane.release();
        verdict how{trouble::timeout, "", 0};
        std::string body;
        made->miss({1000s, 250ms, is_tick}, how, body);
    }
    std::vector<told_point> told(const std::string& name) const {
        std::vector<told_point> all;
        for (auto& each : points(scrape_topic)) {
            if (each.name == name) {
                all.push_back(std::move(each));
            }
        }
        return all;
    }
    double value(const std::string& name) const {
        const auto all = told(name);
        return all.size() == 1 ? all[0].point.double_value() : -1;
    }
    std::vector<std::string> stale() const {
        std::vector<std::string> names;
        for (const auto& each : points(scrape_topic)) {
            if (each.point.stale()) {
                EXPECT_EQ(each.point.value_case(), v1::MetricPoint::VALUE_NOT_SET);
                names.push_back(each.name);
            }
        }
        std::ranges::sort(names);
        return names;
    }

    option_values values;
    std::optional<target> made;
};

TEST_F(Target, asks_for_open_metrics_before_the_text_format) {
    const auto asked = with({{"scrape_timeout", "1500ms"}}).ask(0s);
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->url, "http://10.0.0.1:9100/metrics");
    EXPECT_EQ(asked->limit, 1500ms);
    ASSERT_EQ(asked->headers.size(), 2U);
    EXPECT_TRUE(asked->headers[0].starts_with("Accept: application/openmetrics-text;version=1.0.0,"));
    EXPECT_EQ(asked->headers[1], "X-Prometheus-Scrape-Timeout-Seconds: 1.500000");
}

TEST_F(Target, tells_each_sample_and_how_the_look_went) {
    with();
    const auto how =
        take("# HELP a_total Things\n# TYPE a_total counter\na_total{x=\"1\"} 5\na_total{x=\"2\"} NaN 77\n");
    EXPECT_EQ(how.why, trouble::none);
    EXPECT_EQ(how.samples, 2U);
    const auto all = told("a_total");
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].group, "node");
    EXPECT_EQ(all[0].labels, (attributes{{"instance", "10.0.0.1:9100"}, {"job", "node"}, {"x", "1"}}));
    EXPECT_EQ(all[0].point.double_value(), 5);
    EXPECT_EQ(all[0].time, 1'000'000'000'000) << "when it was asked for";
    EXPECT_EQ(all[0].metric.kind(), v1::METRIC_KIND_MONOTONIC_SUM);
    EXPECT_EQ(all[0].metric.description(), "Things");
    EXPECT_TRUE(std::isnan(all[1].point.double_value()));
    EXPECT_EQ(all[1].time, 77'000'000);
    EXPECT_EQ(value("up"), 1);
    EXPECT_EQ(value("scrape_duration_seconds"), 0.25);
    EXPECT_EQ(value("scrape_samples_scraped"), 2);
}

TEST_F(Target, tells_histograms_as_their_series_with_kinds_units_and_exemplars) {
    with();
    const auto how =
        take("# TYPE d_seconds histogram\n# UNIT d_seconds seconds\n"
             "d_seconds_bucket{le=\"+Inf\"} 3 # {trace_id=\"abc\"} 0.5 12.5\nd_seconds_sum 1.5\n"
             "d_seconds_count 3\nd_seconds_created 10\n# TYPE u gauge\n# UNIT u widgets\nu 1\nbare 2\n# EOF\n",
             "application/openmetrics-text; version=1.0.0");
    ASSERT_EQ(how.why, trouble::none) << how.text;
    const auto bucket = told("d_seconds_bucket");
    ASSERT_EQ(bucket.size(), 1U);
    EXPECT_EQ(bucket[0].metric.kind(), v1::METRIC_KIND_MONOTONIC_SUM);
    EXPECT_EQ(bucket[0].metric.unit(), "");
    EXPECT_EQ(bucket[0].labels.at("le"), "+Inf");
    EXPECT_EQ(bucket[0].point.exemplar().attributes().at("trace_id"), "abc");
    EXPECT_EQ(bucket[0].point.exemplar().value(), 0.5);
    EXPECT_EQ(bucket[0].point.exemplar().time_unix_nano(), 12'500'000'000U);
    EXPECT_EQ(told("d_seconds_sum")[0].metric.unit(), "s");
    EXPECT_EQ(told("d_seconds_created")[0].metric.kind(), v1::METRIC_KIND_GAUGE);
    EXPECT_EQ(told("u")[0].metric.unit(), "{widgets}");
    EXPECT_EQ(told("bare")[0].metric.kind(), v1::METRIC_KIND_UNSPECIFIED);
}

TEST_F(Target, tells_a_series_as_stale_once_when_it_is_gone) {
    with();
    static_cast<void>(take("a 1\nb{x=\"1\"} 2\nb{x=\"2\"} 2\n"));
    EXPECT_THAT(stale(), ::testing::IsEmpty());
    static_cast<void>(take("a 1\nb{x=\"1\"} 2\n"));
    EXPECT_THAT(stale(), ::testing::ElementsAre("b"));
    for (const auto& each : points(scrape_topic)) {
        if (each.point.stale()) {
            EXPECT_EQ(each.labels, (attributes{{"instance", "10.0.0.1:9100"}, {"job", "node"}, {"x", "2"}}));
        }
    }
    static_cast<void>(take("a 1\nb{x=\"1\"} 2\n"));
    EXPECT_THAT(stale(), ::testing::IsEmpty());
    EXPECT_EQ(host.metrics.total("prometheus.stale"), 1);
}

TEST_F(Target, tells_everything_as_stale_when_there_is_no_answer) {
    with();
    static_cast<void>(take("a 1\nb 2\n"));
    miss(true);
    EXPECT_THAT(stale(), ::testing::ElementsAre("a", "b"));
    EXPECT_EQ(value("up"), 0);
    EXPECT_EQ(value("scrape_samples_scraped"), 0);
    EXPECT_EQ(value("scrape_duration_seconds"), 0.25);
    miss(true);
    EXPECT_THAT(stale(), ::testing::IsEmpty());
    EXPECT_EQ(value("up"), 0);
    static_cast<void>(take("a 1\n"));
    EXPECT_EQ(value("up"), 1);
    EXPECT_THAT(stale(), ::testing::IsEmpty());
}

TEST_F(Target, is_down_once_a_tick_however_often_it_is_tried) {
    with();
    static_cast<void>(take("a 1\n"));
    miss(false);
    EXPECT_TRUE(points(scrape_topic).empty());
}

TEST_F(Target, does_not_follow_series_that_have_times_of_their_own) {
    with();
    static_cast<void>(take("a 1 5\n"));
    static_cast<void>(take(""));
    EXPECT_THAT(stale(), ::testing::IsEmpty());
}

TEST_F(Target, refuses_a_page_as_a_whole) {
    with({{"sample_limit", "2"}});
    const auto malformed = take("a 1\nb\n");
    EXPECT_EQ(malformed.why, trouble::malformed);
    EXPECT_EQ(malformed.text, "line 2: the value is no number");
    EXPECT_TRUE(points(scrape_topic).empty());
    EXPECT_EQ(take("a 1\nb 1\nc 1\n").why, trouble::too_many_samples);
    EXPECT_EQ(take("a 1\n", "application/openmetrics-text").why, trouble::malformed) << "# EOF is missing";
}

TEST_F(Target, keeps_its_own_labels_and_renames_those_of_the_page) {
    with({{"labels", "site=north"}});
    static_cast<void>(take("a{job=\"x\",site=\"y\",exported_site=\"z\"} 1\n"));
    const auto all = told("a");
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].labels, (attributes{{"instance", "10.0.0.1:9100"},
                                         {"job", "node"},
                                         {"site", "north"},
                                         {"exported_job", "x"},
                                         {"exported_exported_site", "y"},
                                         {"exported_site", "z"}}));
}

TEST_F(Target, lets_the_labels_of_the_page_hold_if_it_honors_them) {
    with({{"honor_labels", "true"}});
    static_cast<void>(take("a{job=\"x\"} 1\n"));
    ASSERT_EQ(told("a").size(), 1U);
    EXPECT_EQ(told("a")[0].labels, (attributes{{"instance", "10.0.0.1:9100"}, {"job", "x"}}));
}

TEST_F(Target, makes_labels_valid_utf8) {
    with();
    static_cast<void>(take("a{b=\"\xff\"} 1\n"));
    ASSERT_EQ(told("a").size(), 1U);
    EXPECT_EQ(told("a")[0].labels.at("b"), "\xef\xbf\xbd");
}

}  // namespace
}  // namespace sonde::prometheus
