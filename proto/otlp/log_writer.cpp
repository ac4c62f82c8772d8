// SPDX-License-Identifier: Apache-2.0
#include "otlp/log_writer.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include <sonde/v1/envelope.pb.h>
#include <sonde/v1/event.pb.h>

#include "otlp/context.hpp"
#include "otlp/value_builder.hpp"

namespace sonde::schema::otlp {
namespace {

constexpr std::string_view payload_error = "the data is not a valid message of this content type, or too large";

// What the fields of an event cannot say by their names, straight from the wire.
struct skimmed {
    std::int32_t severity = 0;
    std::string metrics;
    bool has_metrics = false;
};

skimmed skim(std::span<const std::uint8_t> event) {
    skimmed found;
    wire::reader in(event);
    while (const auto field = in.next()) {
        if (field->number == v1::UnifiedEvent::kSeverityFieldNumber && field->type == SONDE_WIRE_VARINT) {
            found.severity = static_cast<std::int32_t>(field->value);
        }
        if (field->number == v1::UnifiedEvent::kMetricsFieldNumber && field->type == SONDE_WIRE_BYTES) {
            found.metrics += view_of(field->bytes);  // one after the other they are merged
            found.has_metrics = true;
        }
    }
    return found;
}

bool is_body(const std::string& field) {
    const auto* const found = v1::UnifiedEvent::descriptor()->FindFieldByName(field);
    return found != nullptr && found->containing_oneof() != nullptr;
}

// What the envelope knows of whom it is about; an event's context mostly knows the same.
void write_subject(const envelope_view& envelope, attribute_list& to) {
    to.number("process.pid", envelope.pid);
    if (envelope.process_start_time != 0) {
        std::string text;
        time_text().append(envelope.process_start_time, text);
        to.text("process.creation.time", text);
    }
    to.number("sonde.cgroup_id", envelope.cgroup_id);
    to.number("sonde.network_namespace", envelope.network_namespace);
    to.text("container.id", envelope.container_id);
    to.text("k8s.pod.uid", envelope.pod_uid);
    to.text("k8s.pod.name", envelope.pod_name);
    to.text("k8s.namespace.name", envelope.pod_namespace);
}

void write_attributes(const envelope_view& envelope, attribute_list& to) {
    std::string id;
    append_event_id(envelope, id);
    to.text("event.id", id);
    to.hex("sonde.object_trace_id", envelope.object_trace_id);
    to.flag("sonde.snapshot", envelope.snapshot);
    if (envelope.clock != 0) {
        std::string clock;
        append_clock(envelope.clock, clock);
        to.text("sonde.clock", clock);
    }
    write_subject(envelope, to);
    for (const auto& [key, value] : envelope.attributes) {
        to.text(key, value);
    }
}

void write_node(const envelope_view& envelope, attribute_list& to) {
    const resource_view& from = envelope.resource;
    to.text("k8s.node.name", from.node_name);
    if (from.node_name_origin == v1::NODE_NAME_ORIGIN_HOST_NAME) {
        to.text("host.name", from.node_name);
    }
    if (from.node_name_origin != 0) {
        std::string origin_name;
        append_node_name_origin(from.node_name_origin, origin_name);
        to.text("sonde.node_name_origin", origin_name);
    }
    if (from.carrier_node != from.node_name) {
        to.text("sonde.carrier_node", from.carrier_node);
    }
}

void write_scope(const envelope_view& envelope, std::string_view name, std::string_view version,
                 pb::InstrumentationScope& to) {
    set_utf8(name, *to.mutable_name());
    set_utf8(version, *to.mutable_version());
    attribute_list attributes(*to.mutable_attributes());
    attributes.text("sonde.topic", envelope.resource.topic);
    attributes.text("sonde.instance", envelope.resource.instance);
}

}  // namespace

log_writer::log_writer() : event_plan_(plans_.find(v1::UnifiedEvent::descriptor()->full_name())) {
    without_metrics_ = *event_plan_;
    std::erase_if(without_metrics_.fields,
                  [](const field_plan& field) { return field.number == v1::UnifiedEvent::kMetricsFieldNumber; });
}

void log_writer::write_origin(const envelope_view& envelope, origin& to) {
    attribute_list resource(*to.resource.mutable_attributes());
    write_node(envelope, resource);
    write_scope(envelope, envelope.resource.source, envelope.resource.source_version, to.scope);
}

void log_writer::write_identity(const envelope_view& envelope, std::uint64_t observed, pb::LogRecord& to) {
    to.set_time_unix_nano(envelope.time);
    to.set_observed_time_unix_nano(observed);
    to.set_trace_id(envelope.trace_id.data(), envelope.trace_id.size());
    to.set_span_id(envelope.span_id.data(), envelope.span_id.size());
}

bool log_writer::read(const envelope_view& envelope, read_event& to) {
    skimmed found = skim(envelope.data);
    auto& event = made_beside<pb::KeyValueList>(to.record);
    value_builder builder(event);
    const message_plan& plan = found.has_metrics ? without_metrics_ : *event_plan_;
    if (!walker_.walk(plan, envelope.data, builder) || builder.is_partial()) {
        return false;
    }
    to.metrics = std::move(found.metrics);
    to.has_metrics = found.has_metrics;
    to.record.set_severity_number(found.severity);
    take_members(event, envelope, to);
    attribute_list record(*to.record.mutable_attributes());
    write_attributes(envelope, record);
    // Named by whoever collected: after all others, so that these keep their names.
    for (pb::KeyValue& each : *event.mutable_values()) {
        if (each.key() == "attributes") {
            for (pb::KeyValue& one : *each.mutable_value()->mutable_kvlist_value()->mutable_values()) {
                record.put(one.key(), "sonde.attributes." + one.key(), std::move(*one.mutable_value()));
            }
        }
    }
    return true;
}

void log_writer::take_members(pb::KeyValueList& event, const envelope_view& envelope, read_event& to) {
    attribute_list resource(*to.from.resource.mutable_attributes());
    attribute_list record(*to.record.mutable_attributes());
    auto& body = made_beside<pb::KeyValueList>(to.record);
    std::string message;
    std::string source;
    std::string version;
    for (pb::KeyValue& each : *event.mutable_values()) {
        const std::string& key = each.key();
        pb::AnyValue& value = *each.mutable_value();
        if (key == "type") {
            to.record.set_event_name(std::move(*value.mutable_string_value()));
        } else if (key == "severity") {
            std::ranges::transform(value.string_value(), std::back_inserter(*to.record.mutable_severity_text()),
                                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
        } else if (key == "message") {
            message = std::move(*value.mutable_string_value());
        } else if (key == "source") {
            source = std::move(*value.mutable_string_value());
        } else if (key == "source_version") {
            version = std::move(*value.mutable_string_value());
        } else if (key == "context") {
            // What numbers are about is their resource, as OpenTelemetry has it.
            write_context(*value.mutable_kvlist_value(), resource, to.has_metrics ? resource : record, record);
        } else if (key == "peer") {
            write_peer(*value.mutable_kvlist_value(), record);
        } else if (is_body(key)) {
            *body.add_values() = std::move(each);
        } else if (key != "attributes") {
            to.is_amendment = to.is_amendment || key == "is_amendment";
            record.put("sonde." + key, "sonde.event." + key, std::move(value));
        }
    }
    write_node(envelope, resource);
    write_scope(envelope, source, version, to.from.scope);
    if (message.empty()) {
        *to.record.mutable_body()->mutable_kvlist_value() = std::move(body);
        return;
    }
    to.record.mutable_body()->set_string_value(std::move(message));
    if (body.values_size() != 0) {
        auto& payload = made_beside<pb::AnyValue>(to.record);
        *payload.mutable_kvlist_value() = std::move(body);
        record.put("sonde.payload", "sonde.event.payload", std::move(payload));
    }
}

bool log_writer::write_raw(const envelope_view& envelope, origin& from, pb::LogRecord& to) {
    write_origin(envelope, from);
    set_utf8(envelope.content_type, *to.mutable_event_name());
    attribute_list record(*to.mutable_attributes());
    record.number("sonde.revision", envelope.revision);
    bool is_whole = true;
    if (const message_plan* const plan = plans_.find(envelope.content_type)) {
        auto& body = made_beside<pb::KeyValueList>(to);
        value_builder builder(body);
        is_whole = walker_.walk(*plan, envelope.data, builder) && !builder.is_partial();
        if (is_whole) {
            *to.mutable_body()->mutable_kvlist_value() = std::move(body);
        } else {
            record.text("sonde.payload_error", payload_error);
        }
    }
    if (!to.has_body() && has_text(envelope)) {
        to.mutable_body()->mutable_string_value()->assign(view_of(envelope.data));
    } else if (!to.has_body()) {
        to.mutable_body()->set_bytes_value(envelope.data.data(), envelope.data.size());
    }
    write_attributes(envelope, record);
    return is_whole;
}

}  // namespace sonde::schema::otlp
