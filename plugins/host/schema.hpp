// SPDX-License-Identifier: Apache-2.0
// Field numbers of proto/sonde/v1/metric.proto and host.proto, and of Host in entity.proto, for the wire writer. A test
// compares every row with the descriptors.
#pragma once

#include <cstdint>
#include <string_view>

namespace sonde::host_metrics::schema {

inline constexpr std::string_view metric_type = "sonde.v1.MetricSet";
inline constexpr std::string_view host_type = "sonde.v1.HostEvent";
inline constexpr std::uint32_t revision = 1;

// sonde.v1.MetricKind
enum class metric_kind : std::uint8_t { gauge = 1, monotonic_sum = 2, sum = 3 };

enum set_field : std::uint32_t { set_group = 1, set_metrics = 2, set_attributes = 3 };

enum metric_field : std::uint32_t {
    metric_name = 1,
    metric_unit = 2,
    metric_kind_of = 3,
    metric_description = 4,
    metric_start_time = 5,
    metric_points = 6,
};

enum point_field : std::uint32_t {
    point_attributes = 1,
    point_int_value = 2,
    point_double_value = 3,
    point_histogram = 4,
    point_summary = 5,
    point_start_time = 6,
    point_time = 7,
};

enum event_field : std::uint32_t { event_host = 1, event_boot_time = 2, event_tags = 3 };
// Of an entry of a map, as protobuf encodes it.
enum entry_field : std::uint32_t { entry_key = 1, entry_value = 2 };

}  // namespace sonde::host_metrics::schema
