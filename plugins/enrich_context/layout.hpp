// SPDX-License-Identifier: Apache-2.0
// Field numbers of proto/sonde/v1/event.proto and entity.proto that the pipeline reads and writes on the wire. A test
// compares every row with the descriptors.
#pragma once

#include <cstdint>
#include <string_view>

namespace sonde::enrich_context::layout {

inline constexpr std::string_view event_type = "sonde.v1.UnifiedEvent";
inline constexpr std::string_view entity_type = "sonde.v1.EntityEvent";
inline constexpr std::string_view envelope_type = "sonde.v1.Envelope";
inline constexpr std::string_view span_type = "sonde.v1.Span";
inline constexpr std::string_view span_topic = "span/enrich_context/";
inline constexpr std::uint32_t revision = 1;

namespace event {
enum field : std::uint32_t {
    type = 1,
    severity = 2,
    message = 3,
    source = 4,
    context = 5,
    peer = 6,
    entity_key = 7,
    attributes = 8,
    derived = 9,
    is_amendment = 10,
    explicit_tags = 11,
    source_version = 12,
    state_changes = 13,
    resource_state = 14,
    operational = 15,
    // Bodies that get a section of their own; the others have their numbers in decode/registry.cpp.
    http = 19,
    kubernetes = 23,
    systemd_unit = 27,
    generic = 31,
};
}  // namespace event

namespace state_change {
enum field : std::uint32_t { name = 1, previous = 2, current = 3, since_unix_nano = 4, previous_duration = 5 };
}  // namespace state_change

namespace resource_state {
enum field : std::uint32_t { field_name = 1, desired = 2, actual = 3, divergences = 4, generation_lag = 5 };
}  // namespace resource_state

namespace divergence {
enum field : std::uint32_t { field_name = 1, desired = 2, actual = 3 };
}  // namespace divergence

namespace operational {
enum field : std::uint32_t {
    p50 = 1,
    p90 = 2,
    p95 = 3,
    p99 = 4,
    mean = 5,
    requests_per_second = 6,
    availability = 7,
};
}  // namespace operational

namespace generic {
enum field : std::uint32_t { content_type = 1, revision = 2, data = 3, full_size = 4 };
}  // namespace generic

namespace context {
enum field : std::uint32_t {
    host = 1,
    process = 2,
    container = 3,
    pod = 4,
    node = 5,
    services = 6,
    names = 7,
    missing = 8,
};
}  // namespace context

namespace missing {
enum field : std::uint32_t { section = 1, reason = 2 };
// sonde.v1.Context.Missing.Section
enum class section_of : std::uint32_t { process = 1, container = 2, pod = 3, workload = 4, service = 5 };
}  // namespace missing

namespace process {
enum field : std::uint32_t { service_name = 10 };
}  // namespace process

namespace container {
enum field : std::uint32_t { id = 1, started_time_unix_nano = 9 };
}  // namespace container

namespace pod {
enum field : std::uint32_t { uid = 1, name = 2, in_namespace = 3 };
}  // namespace pod

namespace span {
enum field : std::uint32_t {
    trace_id = 1,
    span_id = 2,
    parent_span_id = 3,
    name = 4,
    kind = 5,
    start_time_unix_nano = 6,
    end_time_unix_nano = 7,
    attributes = 8,
};
}  // namespace span
inline constexpr std::uint32_t span_kind_internal = 1;  // sonde.v1.Span.Kind

}  // namespace sonde::enrich_context::layout
