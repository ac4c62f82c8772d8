// SPDX-License-Identifier: Apache-2.0
// Field numbers of proto/sonde/v1/metric.proto for the wire writer. A test compares every row with the descriptors.
#pragma once

#include <cstdint>
#include <string_view>

namespace sonde::ebpf::sync::schema {

inline constexpr std::string_view metric_type = "sonde.v1.MetricSet";
inline constexpr std::uint32_t revision = 1;

// sonde.v1.MetricKind
enum class metric_kind : std::uint8_t { monotonic_sum = 2, histogram = 4 };

enum set_field : std::uint32_t { set_group = 1, set_metrics = 2, set_attributes = 3 };

enum metric_field : std::uint32_t {
    metric_name = 1,
    metric_unit = 2,
    metric_kind_of = 3,
    metric_description = 4,
    metric_points = 6,
};

enum point_field : std::uint32_t {
    point_attributes = 1,
    point_int_value = 2,
    point_histogram = 4,
    point_start_time = 6,
};

enum histogram_field : std::uint32_t {
    histogram_count = 1,
    histogram_sum = 2,
    histogram_bounds = 3,
    histogram_counts = 4,
};

}  // namespace sonde::ebpf::sync::schema
