// SPDX-License-Identifier: Apache-2.0
// The numbers that the wire writer uses are those of the .proto file.
#include "prometheus/schema.hpp"

#include <gtest/gtest.h>

#include "prometheus/native_histogram.hpp"
#include "sonde/v1/metric.pb.h"

namespace sonde::prometheus {
namespace {

int number(const google::protobuf::Descriptor& of, const char* field) {
    const auto* const found = of.FindFieldByName(field);
    return found == nullptr ? 0 : found->number();
}

TEST(Schema, fields_match_the_descriptors) {
    const auto& set = *v1::MetricSet::descriptor();
    EXPECT_EQ(set.full_name(), schema::metric_type);
    EXPECT_EQ(number(set, "group"), schema::set_group);
    EXPECT_EQ(number(set, "metrics"), schema::set_metrics);
    EXPECT_EQ(number(set, "attributes"), schema::set_attributes);
    EXPECT_EQ(number(set, "warnings"), schema::set_warnings);
    EXPECT_EQ(number(set, "infos"), schema::set_infos);
    const auto& metric = *v1::Metric::descriptor();
    EXPECT_EQ(number(metric, "name"), schema::metric_name);
    EXPECT_EQ(number(metric, "unit"), schema::metric_unit);
    EXPECT_EQ(number(metric, "kind"), schema::metric_kind_of);
    EXPECT_EQ(number(metric, "description"), schema::metric_description);
    EXPECT_EQ(number(metric, "points"), schema::metric_points);
    const auto& point = *v1::MetricPoint::descriptor();
    EXPECT_EQ(number(point, "attributes"), schema::point_attributes);
    EXPECT_EQ(number(point, "double_value"), schema::point_double_value);
    EXPECT_EQ(number(point, "time_unix_nano"), schema::point_time);
    EXPECT_EQ(number(point, "native_histogram"), schema::point_native_histogram);
    EXPECT_EQ(number(point, "stale"), schema::point_stale);
    EXPECT_EQ(number(point, "exemplar"), schema::point_exemplar);
}

TEST(Schema, fields_of_exemplars_and_histograms_match_the_descriptors) {
    const auto& exemplar = *v1::Exemplar::descriptor();
    EXPECT_EQ(number(exemplar, "attributes"), schema::exemplar_attributes);
    EXPECT_EQ(number(exemplar, "value"), schema::exemplar_value);
    EXPECT_EQ(number(exemplar, "time_unix_nano"), schema::exemplar_time);
    const auto& histogram = *v1::NativeHistogramValue::descriptor();
    EXPECT_EQ(number(histogram, "count"), schema::native_count);
    EXPECT_EQ(number(histogram, "sum"), schema::native_sum);
    EXPECT_EQ(number(histogram, "buckets"), schema::native_buckets);
    const auto& bucket = *v1::NativeHistogramValue::Bucket::descriptor();
    EXPECT_EQ(number(bucket, "lower"), schema::bucket_lower);
    EXPECT_EQ(number(bucket, "upper"), schema::bucket_upper);
    EXPECT_EQ(number(bucket, "count"), schema::bucket_count);
    EXPECT_EQ(number(bucket, "inclusion"), schema::bucket_inclusion);
}

TEST(Schema, enumerations_match_the_descriptors) {
    EXPECT_EQ(static_cast<int>(schema::metric_kind::unspecified), v1::METRIC_KIND_UNSPECIFIED);
    EXPECT_EQ(static_cast<int>(schema::metric_kind::gauge), v1::METRIC_KIND_GAUGE);
    EXPECT_EQ(static_cast<int>(schema::metric_kind::monotonic_sum), v1::METRIC_KIND_MONOTONIC_SUM);
    EXPECT_EQ(static_cast<int>(inclusion::upper), v1::NativeHistogramValue::INCLUSION_UPPER);
    EXPECT_EQ(static_cast<int>(inclusion::lower), v1::NativeHistogramValue::INCLUSION_LOWER);
    EXPECT_EQ(static_cast<int>(inclusion::none), v1::NativeHistogramValue::INCLUSION_NONE);
    EXPECT_EQ(static_cast<int>(inclusion::both), v1::NativeHistogramValue::INCLUSION_BOTH);
}

}  // namespace
}  // namespace sonde::prometheus
