// SPDX-License-Identifier: Apache-2.0
// Value, unit, aggregation, period and temporality of measured numbers on their way to OTLP.
#include <sonde/schema/otlp.hpp>

#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <sonde/v1/event.pb.h>
#include <sonde/v1/metric.pb.h>
#include <sonde/v1/span.pb.h>

#include "otlp_samples.hpp"

namespace sonde::schema::testing {
namespace {

using inclusion = v1::NativeHistogramValue;

class OtlpMetric : public ::testing::Test {
protected:
    v1::MetricSet set;

    v1::Metric& metric(v1::MetricKind kind) {
        auto& made = *set.add_metrics();
        made.set_name("system.cpu.time");
        made.set_unit("s");
        made.set_description("Time");
        made.set_kind(kind);
        made.set_start_time_unix_nano(100);
        return made;
    }
    static void bucket(v1::NativeHistogramValue& to, double lower, double upper, double count,
                       inclusion::Inclusion which = inclusion::INCLUSION_UPPER) {
        auto& made = *to.add_buckets();
        made.set_lower(lower);
        made.set_upper(upper);
        made.set_count(count);
        made.set_inclusion(which);
        to.set_count(to.count() + count);
    }
    v1::NativeHistogramValue& native() {
        return *metric(v1::METRIC_KIND_HISTOGRAM).add_points()->mutable_native_histogram();
    }

    const pb::ScopeMetrics& told() {
        made_ = convert(batch_of(set));
        EXPECT_EQ(made_.payload_errors, 0u);
        return made_.metrics.resource_metrics(0).scope_metrics(0);
    }
    const pb::Metric& only() {
        EXPECT_EQ(told().metrics_size(), 1);
        return made_.metrics.resource_metrics(0).scope_metrics(0).metrics(0);
    }
    converted made_;
};

TEST_F(OtlpMetric, keeps_value_unit_aggregation_period_and_temporality_of_a_sum) {
    auto& from = metric(v1::METRIC_KIND_MONOTONIC_SUM);
    from.add_points()->set_double_value(0.1);
    from.add_points()->set_int_value(std::numeric_limits<std::int64_t>::min());
    from.mutable_points(1)->set_start_time_unix_nano(200);
    from.mutable_points(1)->set_time_unix_nano(300);
    const pb::Metric& to = only();
    EXPECT_EQ(to.name(), "system.cpu.time");
    EXPECT_EQ(to.unit(), "s");
    EXPECT_EQ(to.description(), "Time");
    EXPECT_EQ(to.sum().aggregation_temporality(), pb::AGGREGATION_TEMPORALITY_CUMULATIVE);
    EXPECT_TRUE(to.sum().is_monotonic());
    ASSERT_EQ(to.sum().data_points_size(), 2);
    EXPECT_EQ(to.sum().data_points(0).as_double(), 0.1);
    EXPECT_EQ(to.sum().data_points(0).start_time_unix_nano(), 100u);
    EXPECT_EQ(to.sum().data_points(0).time_unix_nano(), sample_time);
    EXPECT_EQ(to.sum().data_points(1).as_int(), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(to.sum().data_points(1).start_time_unix_nano(), 200u);
    EXPECT_EQ(to.sum().data_points(1).time_unix_nano(), 300u);
}

TEST_F(OtlpMetric, keeps_the_same_of_gauges_and_of_sums_that_may_fall) {
    metric(v1::METRIC_KIND_GAUGE).add_points()->set_int_value(1);
    metric(v1::METRIC_KIND_UNSPECIFIED).add_points()->set_int_value(2);
    metric(v1::METRIC_KIND_SUM).add_points()->set_int_value(3);
    const auto& all = told().metrics();
    ASSERT_EQ(all.size(), 3);
    EXPECT_EQ(all[0].gauge().data_points(0).as_int(), 1);
    EXPECT_EQ(all[1].gauge().data_points(0).as_int(), 2);
    EXPECT_EQ(all[2].sum().data_points(0).as_int(), 3);
    EXPECT_EQ(all[2].sum().aggregation_temporality(), pb::AGGREGATION_TEMPORALITY_CUMULATIVE);
    EXPECT_FALSE(all[2].sum().is_monotonic());
}

TEST_F(OtlpMetric, keeps_histograms_and_summaries) {
    auto& histogram = *metric(v1::METRIC_KIND_HISTOGRAM).add_points()->mutable_histogram();
    histogram.set_count(6);
    histogram.set_sum(2.5);
    for (const double bound : {0.1, 1.0}) {
        histogram.add_bounds(bound);
    }
    for (const std::uint64_t count : {1u, 2u, 3u}) {
        histogram.add_counts(count);
    }
    auto& summary = *metric(v1::METRIC_KIND_SUMMARY).add_points()->mutable_summary();
    summary.set_count(9);
    summary.set_sum(4.5);
    summary.add_quantiles()->set_quantile(0.5);
    summary.mutable_quantiles(0)->set_value(0.25);
    const auto& all = told().metrics();
    ASSERT_EQ(all.size(), 2);
    EXPECT_EQ(all[0].histogram().aggregation_temporality(), pb::AGGREGATION_TEMPORALITY_CUMULATIVE);
    const auto& point = all[0].histogram().data_points(0);
    EXPECT_EQ(point.count(), 6u);
    EXPECT_EQ(point.sum(), 2.5);
    EXPECT_EQ(point.start_time_unix_nano(), 100u);
    EXPECT_EQ(std::vector<double>(point.explicit_bounds().begin(), point.explicit_bounds().end()),
              (std::vector<double>{0.1, 1.0}));
    EXPECT_EQ(std::vector<std::uint64_t>(point.bucket_counts().begin(), point.bucket_counts().end()),
              (std::vector<std::uint64_t>{1, 2, 3}));
    const auto& quantiles = all[1].summary().data_points(0);
    EXPECT_EQ(quantiles.count(), 9u);
    EXPECT_EQ(quantiles.sum(), 4.5);
    EXPECT_EQ(quantiles.quantile_values(0).quantile(), 0.5);
    EXPECT_EQ(quantiles.quantile_values(0).value(), 0.25);
}

TEST_F(OtlpMetric, makes_a_native_histogram_of_one_scale_exponential) {
    for (int scale = -4; scale <= 8; ++scale) {
        set.Clear();
        const double step = std::ldexp(1.0, -scale);
        auto& from = native();
        bucket(from, -std::exp2(step), -1, 7, inclusion::INCLUSION_LOWER);
        bucket(from, -0.001, 0.001, 2, inclusion::INCLUSION_BOTH);
        bucket(from, std::exp2(-3 * step), std::exp2(-2 * step), 5);
        bucket(from, std::exp2(5 * step), std::exp2(6 * step), 1);
        from.set_sum(11);
        const pb::Metric& to = only();
        ASSERT_EQ(to.exponential_histogram().data_points_size(), 1) << scale;
        const auto& point = to.exponential_histogram().data_points(0);
        EXPECT_EQ(to.exponential_histogram().aggregation_temporality(), pb::AGGREGATION_TEMPORALITY_CUMULATIVE);
        EXPECT_EQ(point.scale(), scale);
        EXPECT_EQ(point.count(), 15u);
        EXPECT_EQ(point.sum(), 11);
        EXPECT_EQ(point.zero_count(), 2u);
        EXPECT_EQ(point.zero_threshold(), 0.001);
        EXPECT_EQ(point.positive().offset(), -3);
        ASSERT_EQ(point.positive().bucket_counts_size(), 9);
        EXPECT_EQ(point.positive().bucket_counts(0), 5u);
        EXPECT_EQ(point.positive().bucket_counts(1), 0u);
        EXPECT_EQ(point.positive().bucket_counts(8), 1u);
        EXPECT_EQ(point.negative().offset(), 0);
        EXPECT_EQ(point.negative().bucket_counts(0), 7u);
    }
}

TEST_F(OtlpMetric, makes_any_other_native_histogram_one_with_bounds) {
    auto& from = native();
    bucket(from, -std::numeric_limits<double>::infinity(), 0.5, 1);
    bucket(from, 0.5, 0.7, 2);
    bucket(from, 1, 10, 3);
    bucket(from, 10, std::numeric_limits<double>::infinity(), 4);
    const pb::Metric& to = only();
    const auto& point = to.histogram().data_points(0);
    EXPECT_EQ(std::vector<double>(point.explicit_bounds().begin(), point.explicit_bounds().end()),
              (std::vector<double>{0.5, 0.7, 1, 10}));
    EXPECT_EQ(std::vector<std::uint64_t>(point.bucket_counts().begin(), point.bucket_counts().end()),
              (std::vector<std::uint64_t>{1, 2, 0, 3, 4}));
}

TEST_F(OtlpMetric, counts_what_cannot_be_told_by_reason) {
    bucket(native(), 1, 2, 0.5);
    auto& overlap = native();
    bucket(overlap, 1, 2.5, 1);
    bucket(overlap, 2, 4, 1);
    metric(v1::METRIC_KIND_HISTOGRAM).add_points()->mutable_histogram()->add_bounds(1);
    metric(v1::METRIC_KIND_GAUGE).add_points();
    auto& nothing = native();
    bucket(nothing, std::numeric_limits<double>::quiet_NaN(), 1, 1);
    EXPECT_EQ(told().metrics_size(), 0);
    EXPECT_EQ(made_.lost["fractional_count"], 1u);
    EXPECT_EQ(made_.lost["buckets"], 3u);
    EXPECT_EQ(made_.lost["no_value"], 1u);
}

TEST_F(OtlpMetric, does_not_claim_a_temporality_that_nobody_knows) {
    bucket(*metric(v1::METRIC_KIND_UNSPECIFIED).add_points()->mutable_native_histogram(), 1, 2, 1);
    EXPECT_EQ(only().exponential_histogram().aggregation_temporality(), pb::AGGREGATION_TEMPORALITY_UNSPECIFIED);
}

TEST_F(OtlpMetric, marks_the_end_of_a_series) {
    metric(v1::METRIC_KIND_MONOTONIC_SUM).add_points()->set_stale(true);
    metric(v1::METRIC_KIND_HISTOGRAM).add_points()->set_stale(true);
    const auto& all = told().metrics();
    EXPECT_EQ(all[0].sum().data_points(0).flags(), 1u);
    EXPECT_EQ(all[0].sum().data_points(0).value_case(), pb::NumberDataPoint::VALUE_NOT_SET);
    EXPECT_EQ(all[1].histogram().data_points(0).flags(), 1u);
}

TEST_F(OtlpMetric, keeps_attributes_group_warnings_and_exemplars) {
    set.set_group("scrape");
    (*set.mutable_attributes())["job"] = "web";
    (*set.mutable_attributes())["code"] = "of the set";
    set.add_warnings("incomplete");
    auto& point = *metric(v1::METRIC_KIND_GAUGE).add_points();
    point.set_int_value(1);
    (*point.mutable_attributes())["code"] = "200";
    auto& exemplar = *point.mutable_exemplar();
    exemplar.set_value(0.5);
    exemplar.set_time_unix_nano(7);
    (*exemplar.mutable_attributes())["trace_id"] = "0102030405060708090A0b0c0d0e0f10";
    (*exemplar.mutable_attributes())["span_id"] = "not one";
    const pb::Metric& to = only();
    places all;
    find_places("point ", to.gauge().data_points(0).attributes(), all);
    find_places("meta ", to.metadata(), all);
    find_places("scope ", told().scope().attributes(), all);
    EXPECT_TRUE(is_at(all, "point job", "web"));
    EXPECT_TRUE(is_at(all, "point code", "200"));
    EXPECT_FALSE(is_at(all, "point code", "of the set"));
    EXPECT_TRUE(is_at(all, "meta sonde.warnings", "incomplete"));
    EXPECT_TRUE(is_at(all, "scope sonde.group", "scrape"));
    const auto& example = only().gauge().data_points(0).exemplars(0);
    EXPECT_EQ(example.as_double(), 0.5);
    EXPECT_EQ(example.time_unix_nano(), 7u);
    EXPECT_EQ(example.trace_id(), "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10");
    EXPECT_TRUE(example.span_id().empty());
    EXPECT_EQ(example.filtered_attributes(0).value().string_value(), "not one");
}

TEST_F(OtlpMetric, of_an_event_are_told_once) {
    metric(v1::METRIC_KIND_GAUGE).add_points()->set_int_value(1);
    v1::UnifiedEvent event;
    *event.mutable_metrics() = set;
    event.set_source("host");
    EXPECT_EQ(convert(batch_of(event)).metrics.resource_metrics(0).scope_metrics(0).scope().name(), "host");
    event.set_is_amendment(true);
    const converted again = convert(batch_of(event));
    EXPECT_EQ(again.metrics.resource_metrics_size(), 0);
    EXPECT_EQ(again.logs.resource_logs_size(), 0);
    EXPECT_EQ(again.lost.at("amendment"), 1u);
}

TEST_F(OtlpMetric, that_do_not_decode_become_a_log_record) {
    auto batch = batch_of(set);
    batch.mutable_envelopes(0)->set_data("\x12\x7f");
    const converted made = convert(batch);
    EXPECT_EQ(made.payload_errors, 1u);
    EXPECT_EQ(made.metrics.resource_metrics_size(), 0);
    EXPECT_TRUE(is_at(places_of(made.logs), "event_name", "sonde.v1.MetricSet"));
}

TEST_F(OtlpMetric, with_a_text_that_is_not_utf8_become_a_log_record_without_a_word_on_standard_error) {
    set.set_group("group");
    auto batch = batch_of(set);
    for (const char* text : {"\x0a\x02\xc3(", "\x1a\x06\x0a\x01\xff\x12\x01v", "\x12\x03\x0a\x01\x80",
                             "\x0a\x01\xff\x0a\x01g"}) {  // the last: a name, and the one that replaces it
        batch.mutable_envelopes(0)->set_data(text);
        ::testing::internal::CaptureStderr();
        const converted made = convert(batch);
        EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
        EXPECT_EQ(made.payload_errors, 1u);
        EXPECT_TRUE(is_at(places_of(made.logs), "event_name", "sonde.v1.MetricSet"));
    }
}

TEST(OtlpSpan, keeps_ids_times_attributes_and_status) {
    v1::Span span;
    span.set_trace_id(std::string(16, '\x01'));
    span.set_span_id(std::string(8, '\x02'));
    span.set_parent_span_id(std::string(8, '\x03'));
    span.set_name("enrich_context");
    span.set_kind(v1::Span::KIND_INTERNAL);
    span.set_start_time_unix_nano(10);
    span.set_end_time_unix_nano(20);
    (*span.mutable_attributes())["event.source"] = "process";
    (*span.mutable_attributes())["k8s.node.name"] = "node-1";
    span.mutable_status()->set_code(v1::Span::Status::CODE_ERROR);
    span.mutable_status()->set_message("why");
    const converted made = convert(batch_of(span));
    ASSERT_EQ(made.traces.resource_spans_size(), 1);
    const auto& to = made.traces.resource_spans(0).scope_spans(0).spans(0);
    EXPECT_EQ(to.trace_id(), span.trace_id());
    EXPECT_EQ(to.span_id(), span.span_id());
    EXPECT_EQ(to.parent_span_id(), span.parent_span_id());
    EXPECT_EQ(to.name(), "enrich_context");
    EXPECT_EQ(to.kind(), 1);
    EXPECT_EQ(to.start_time_unix_nano(), 10u);
    EXPECT_EQ(to.end_time_unix_nano(), 20u);
    EXPECT_EQ(to.status().code(), 2);
    EXPECT_EQ(to.status().message(), "why");
    places all;
    find_places("", to.attributes(), all);
    find_places("resource ", made.traces.resource_spans(0).resource().attributes(), all);
    EXPECT_TRUE(is_at(all, "event.source", "process"));
    EXPECT_TRUE(is_at(all, "k8s.node.name", "node-1"));
    EXPECT_TRUE(is_at(all, "resource service.name", "sonde"));
    EXPECT_TRUE(is_at(all, "resource k8s.node.name", "node-1"));

    span.set_span_id("short");
    const converted odd = convert(batch_of(span));
    EXPECT_EQ(odd.traces.resource_spans_size(), 0);
    EXPECT_TRUE(is_at(places_of(odd.logs), "event_name", "sonde.v1.Span"));
}

}  // namespace
}  // namespace sonde::schema::testing
