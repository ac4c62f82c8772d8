// SPDX-License-Identifier: Apache-2.0
// What tests read back: one sonde.v1.Envelope and the sonde.v1.Resource of a batch as plain structs.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sonde/c/envelope.h>
#include <sonde/result.hpp>
#include <sonde/wire.hpp>

namespace sonde::testing {

using byte_vector = std::vector<std::uint8_t>;

struct envelope_record {
    std::int64_t time = 0;
    std::uint32_t clock = 0;
    std::string content_type;
    std::uint32_t revision = 0;
    byte_vector data;
    byte_vector event_id;
    byte_vector trace_id;
    byte_vector span_id;
    byte_vector object_trace_id;
    bool snapshot = false;
    std::uint32_t pid = 0;
    std::int64_t process_start_time = 0;
    std::uint64_t cgroup_id = 0;
    std::uint32_t network_namespace = 0;
    std::string container_id;
    std::string pod_uid;
    std::string pod_name;
    std::string pod_namespace;
    std::vector<std::pair<std::string, std::string>> attributes;

    // Value of an attribute, or empty.
    [[nodiscard]] std::string_view attribute(std::string_view key) const {
        for (const auto& [name, value] : attributes) {
            if (name == key) {
                return value;
            }
        }
        return {};
    }
};

struct resource_record {
    std::string source;
    std::string instance;
    std::string node_name;
    std::uint32_t node_name_origin = 0;
    std::string topic;
    std::uint64_t stream_uid = 0;
    std::uint64_t first_item = 0;
    std::string source_version{};
};

namespace detail {

[[nodiscard]] inline byte_vector copy(std::span<const std::uint8_t> bytes) { return {bytes.begin(), bytes.end()}; }

[[nodiscard]] inline std::pair<std::string, std::string> decode_entry(std::span<const std::uint8_t> bytes) {
    std::pair<std::string, std::string> entry;
    wire::reader in(bytes);
    while (const auto field = in.next()) {
        (field->number == 1 ? entry.first : entry.second) = field->text();
    }
    return entry;
}

inline void take(envelope_record& to, const wire::field& from) {
    switch (from.number) {
    case SONDE_ENVELOPE_FIELD_TIME: to.time = static_cast<std::int64_t>(from.value); break;
    case SONDE_ENVELOPE_FIELD_CLOCK: to.clock = static_cast<std::uint32_t>(from.value); break;
    case SONDE_ENVELOPE_FIELD_CONTENT_TYPE: to.content_type = from.text(); break;
    case SONDE_ENVELOPE_FIELD_REVISION: to.revision = static_cast<std::uint32_t>(from.value); break;
    case SONDE_ENVELOPE_FIELD_DATA: to.data = copy(from.bytes); break;
    case SONDE_ENVELOPE_FIELD_EVENT_ID: to.event_id = copy(from.bytes); break;
    case SONDE_ENVELOPE_FIELD_TRACE_ID: to.trace_id = copy(from.bytes); break;
    case SONDE_ENVELOPE_FIELD_SPAN_ID: to.span_id = copy(from.bytes); break;
    case SONDE_ENVELOPE_FIELD_OBJECT_TRACE_ID: to.object_trace_id = copy(from.bytes); break;
    case SONDE_ENVELOPE_FIELD_SNAPSHOT: to.snapshot = from.value != 0; break;
    case SONDE_ENVELOPE_FIELD_PID: to.pid = static_cast<std::uint32_t>(from.value); break;
    case SONDE_ENVELOPE_FIELD_PROCESS_START_TIME: to.process_start_time = static_cast<std::int64_t>(from.value); break;
    case SONDE_ENVELOPE_FIELD_CGROUP_ID: to.cgroup_id = from.value; break;
    case SONDE_ENVELOPE_FIELD_NETWORK_NAMESPACE: to.network_namespace = static_cast<std::uint32_t>(from.value); break;
    case SONDE_ENVELOPE_FIELD_CONTAINER_ID: to.container_id = from.text(); break;
    case SONDE_ENVELOPE_FIELD_POD_UID: to.pod_uid = from.text(); break;
    case SONDE_ENVELOPE_FIELD_POD_NAME: to.pod_name = from.text(); break;
    case SONDE_ENVELOPE_FIELD_POD_NAMESPACE: to.pod_namespace = from.text(); break;
    case SONDE_ENVELOPE_FIELD_ATTRIBUTES: to.attributes.push_back(decode_entry(from.bytes)); break;
    default: break;
    }
}

}  // namespace detail

[[nodiscard]] inline result<envelope_record> decode_envelope(std::span<const std::uint8_t> bytes) {
    envelope_record record;
    wire::reader in(bytes);
    while (const auto field = in.next()) {
        detail::take(record, *field);
    }
    if (in.failed()) {
        return fail(errc::invalid, "the envelope is not a protobuf message");
    }
    return record;
}

[[nodiscard]] inline result<resource_record> decode_resource(std::span<const std::uint8_t> bytes) {
    resource_record record;
    wire::reader in(bytes);
    while (const auto field = in.next()) {
        switch (field->number) {
        case SONDE_RESOURCE_FIELD_SOURCE: record.source = field->text(); break;
        case SONDE_RESOURCE_FIELD_INSTANCE: record.instance = field->text(); break;
        case SONDE_RESOURCE_FIELD_NODE_NAME: record.node_name = field->text(); break;
        case SONDE_RESOURCE_FIELD_NODE_NAME_ORIGIN:
            record.node_name_origin = static_cast<std::uint32_t>(field->value);
            break;
        case SONDE_RESOURCE_FIELD_TOPIC: record.topic = field->text(); break;
        case SONDE_RESOURCE_FIELD_STREAM_UID: record.stream_uid = field->value; break;
        case SONDE_RESOURCE_FIELD_FIRST_ITEM: record.first_item = field->value; break;
        case SONDE_RESOURCE_FIELD_SOURCE_VERSION: record.source_version = field->text(); break;
        default: break;
        }
    }
    if (in.failed()) {
        return fail(errc::invalid, "the resource is not a protobuf message");
    }
    return record;
}

}  // namespace sonde::testing
