// SPDX-License-Identifier: Apache-2.0
// Field numbers of proto/sonde/v1/metric.proto for the wire writer. A test compares every row with the descriptors.
#pragma once

#include <cstdint>
#include <string_view>

namespace sonde::prometheus::schema {

inline constexpr std::string_view metric_type = "sonde.v1.MetricSet";
inline constexpr std::uint32_t revision = 1;

// sonde.v1.MetricKind
enum class metric_kind : std::uint8_t { unspecified = 0, gauge = 1, monotonic_sum = 2 };

enum set_field : std::uint32_t {
    set_group = 1,
    set_metrics = 2,
    set_attributes = 3,
    set_warnings = 4,
    set_infos = 5,
};

enum metric_field : std::uint32_t {
    metric_name = 1,
    metric_unit = 2,
    metric_kind_of = 3,
    metric_description = 4,
    metric_points = 6,
};

enum point_field : std::uint32_t {
    point_attributes = 1,
    point_double_value = 3,
    point_time = 7,
    point_native_histogram = 8,
    point_stale = 9,
    point_exemplar = 10,
};

enum exemplar_field : std::uint32_t { exemplar_attributes = 1, exemplar_value = 2, exemplar_time = 3 };

enum native_field : std::uint32_t { native_count = 1, native_sum = 2, native_buckets = 3 };

enum bucket_field : std::uint32_t { bucket_lower = 1, bucket_upper = 2, bucket_count = 3, bucket_inclusion = 4 };

}  // namespace sonde::prometheus::schema
