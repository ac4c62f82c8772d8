// SPDX-License-Identifier: Apache-2.0
// The numbers that the wire writer uses are those of the .proto file, and layouts are those of the kernel side.
#include "ebpf/sync/schema.hpp"

#include <cstddef>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include <sonde_bpf/sync.h>

#include "../descriptor_numbers.hpp"
#include "sonde/v1/metric.pb.h"

static_assert(offsetof(sonde_sync_value, since) == 48 && offsetof(sonde_sync_value, buckets) == 80);
static_assert(sizeof(sonde_sync_name) == 2 * SONDE_SYNC_NAME_SIZE);

namespace sonde::ebpf::sync {
namespace {

int number_of(const google::protobuf::Descriptor& in, const char* field) {
    const auto* const found = in.FindFieldByName(field);
    return found == nullptr ? 0 : found->number();
}

TEST(SyncSchema, metrics_match_the_descriptors) {
    const auto& set = *v1::MetricSet::descriptor();
    EXPECT_EQ(set.full_name(), schema::metric_type);
    EXPECT_EQ(number_of(set, "group"), schema::set_group);
    EXPECT_EQ(number_of(set, "metrics"), schema::set_metrics);
    EXPECT_EQ(number_of(set, "attributes"), schema::set_attributes);
    const auto& metric = *v1::Metric::descriptor();
    EXPECT_EQ(number_of(metric, "name"), schema::metric_name);
    EXPECT_EQ(number_of(metric, "unit"), schema::metric_unit);
    EXPECT_EQ(number_of(metric, "kind"), schema::metric_kind_of);
    EXPECT_EQ(number_of(metric, "description"), schema::metric_description);
    EXPECT_EQ(number_of(metric, "points"), schema::metric_points);
    const auto& point = *v1::MetricPoint::descriptor();
    EXPECT_EQ(number_of(point, "attributes"), schema::point_attributes);
    EXPECT_EQ(number_of(point, "int_value"), schema::point_int_value);
    EXPECT_EQ(number_of(point, "histogram"), schema::point_histogram);
    EXPECT_EQ(number_of(point, "start_time_unix_nano"), schema::point_start_time);
    EXPECT_EQ(static_cast<int>(schema::metric_kind::monotonic_sum), v1::METRIC_KIND_MONOTONIC_SUM);
    EXPECT_EQ(static_cast<int>(schema::metric_kind::histogram), v1::METRIC_KIND_HISTOGRAM);
}

TEST(SyncSchema, histograms_match_the_descriptor) {
    EXPECT_EQ(sonde::testing::fields_of(*v1::HistogramValue::descriptor()),
              (sonde::testing::numbers{{"count", schema::histogram_count},
                                       {"sum", schema::histogram_sum},
                                       {"bounds", schema::histogram_bounds},
                                       {"counts", schema::histogram_counts}}));
}

}  // namespace
}  // namespace sonde::ebpf::sync
