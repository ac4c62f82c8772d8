// SPDX-License-Identifier: Apache-2.0
// The numbers that the wire writer uses are those of the .proto files.
#include "host/schema.hpp"

#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../descriptor_numbers.hpp"
#include "sonde/v1/host.pb.h"
#include "sonde/v1/metric.pb.h"

namespace sonde::host_metrics {
namespace {

using sonde::testing::fields_of;
using sonde::testing::numbers;

TEST(Schema, metric_fields_match_the_descriptors) {
    // The message has fields for other collectors too.
    EXPECT_THAT(fields_of(*v1::MetricSet::descriptor()),
                ::testing::IsSupersetOf(numbers{{"group", schema::set_group},
                                                {"metrics", schema::set_metrics},
                                                {"attributes", schema::set_attributes}}));
    EXPECT_EQ(fields_of(*v1::Metric::descriptor()), (numbers{{"name", schema::metric_name},
                                                             {"unit", schema::metric_unit},
                                                             {"kind", schema::metric_kind_of},
                                                             {"description", schema::metric_description},
                                                             {"start_time_unix_nano", schema::metric_start_time},
                                                             {"points", schema::metric_points}}));
    EXPECT_THAT(fields_of(*v1::MetricPoint::descriptor()),
                ::testing::IsSupersetOf(numbers{{"attributes", schema::point_attributes},
                                                {"int_value", schema::point_int_value},
                                                {"double_value", schema::point_double_value},
                                                {"histogram", schema::point_histogram},
                                                {"summary", schema::point_summary},
                                                {"start_time_unix_nano", schema::point_start_time},
                                                {"time_unix_nano", schema::point_time}}));
    EXPECT_EQ(static_cast<int>(schema::metric_kind::gauge), v1::METRIC_KIND_GAUGE);
    EXPECT_EQ(static_cast<int>(schema::metric_kind::monotonic_sum), v1::METRIC_KIND_MONOTONIC_SUM);
    EXPECT_EQ(static_cast<int>(schema::metric_kind::sum), v1::METRIC_KIND_SUM);
    EXPECT_EQ(v1::MetricSet::descriptor()->full_name(), schema::metric_type);
}

TEST(Schema, host_fields_match_the_descriptors) {
    EXPECT_EQ(fields_of(*v1::HostEvent::descriptor()), (numbers{{"host", schema::event_host},
                                                                {"boot_time_unix_nano", schema::event_boot_time},
                                                                {"tags", schema::event_tags}}));
    EXPECT_EQ(v1::HostEvent::descriptor()->full_name(), schema::host_type);
}

}  // namespace
}  // namespace sonde::host_metrics
