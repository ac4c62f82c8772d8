// SPDX-License-Identifier: Apache-2.0
#include <sonde/schema/batch.hpp>

#include <algorithm>
#include <functional>
#include <utility>

#include <sonde/c/envelope.h>
#include <sonde/wire.hpp>

namespace sonde::schema {
namespace {

constexpr std::size_t long_id = 16;
constexpr std::size_t short_id = 8;

using octets = std::span<const std::uint8_t>;

octets id_of(const wire::field& field, std::size_t size, std::uint64_t& faulty) {
    if (field.bytes.size() == size) {
        return field.bytes;
    }
    faulty += field.bytes.empty() ? 0 : 1;
    return {};
}

// The number and the wire type together: a field with another type is unknown, as protobuf has it.
constexpr std::uint64_t tag(std::uint32_t number, std::uint32_t type) { return (std::uint64_t{number} << 3) | type; }

struct resource_reading {
    resource_view merged;
    bool has_carrier = false;
    bool has_first_item = false;
};

bool read_resource(octets from, resource_reading& into) {
    resource_view& to = into.merged;
    wire::reader in(from);
    while (const auto field = in.next()) {
        switch (tag(field->number, field->type)) {
        case tag(SONDE_RESOURCE_FIELD_SOURCE, SONDE_WIRE_BYTES): to.source = field->text(); break;
        case tag(SONDE_RESOURCE_FIELD_INSTANCE, SONDE_WIRE_BYTES): to.instance = field->text(); break;
        case tag(SONDE_RESOURCE_FIELD_NODE_NAME, SONDE_WIRE_BYTES): to.node_name = field->text(); break;
        case tag(SONDE_RESOURCE_FIELD_NODE_NAME_ORIGIN, SONDE_WIRE_VARINT):
            to.node_name_origin = static_cast<std::uint32_t>(field->value);
            break;
        case tag(SONDE_RESOURCE_FIELD_TOPIC, SONDE_WIRE_BYTES): to.topic = field->text(); break;
        case tag(SONDE_RESOURCE_FIELD_STREAM_UID, SONDE_WIRE_FIXED64): to.stream_uid = field->value; break;
        case tag(SONDE_RESOURCE_FIELD_FIRST_ITEM, SONDE_WIRE_FIXED64):
            to.first_item = field->value;
            into.has_first_item = true;
            break;
        case tag(SONDE_RESOURCE_FIELD_SOURCE_VERSION, SONDE_WIRE_BYTES): to.source_version = field->text(); break;
        default: break;
        }
    }
    if (!std::exchange(into.has_carrier, true)) {
        to.carrier_node = to.node_name;
    }
    return !in.failed();
}

bool read_attribute(octets from, envelope_view& to) {
    const auto* at = reinterpret_cast<const char*>(from.data());
    const std::string_view empty_here(at, at);
    std::string_view key = empty_here;
    std::string_view value = empty_here;
    wire::reader in(from);
    while (const auto field = in.next()) {
        switch (tag(field->number, field->type)) {
        case tag(1, SONDE_WIRE_BYTES): key = field->text(); break;
        case tag(2, SONDE_WIRE_BYTES): value = field->text(); break;
        default: break;
        }
    }
    to.attributes.emplace_back(key, value);
    return !in.failed();
}

// A map: sorted, and of several values of one key the last.
void settle_attributes(envelope_view& in) {
    auto& all = in.attributes;
    if (all.size() < 2) {
        return;
    }
    // All values lie in one buffer, in the order in which they came.
    std::ranges::sort(all, [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first < b.first : std::less<>{}(a.second.data(), b.second.data());
    });
    const auto same_key = [](const auto& a, const auto& b) { return a.first == b.first; };
    const auto kept = std::unique(all.rbegin(), all.rend(), same_key);
    all.erase(all.begin(), kept.base());
}

// Forgets the previous envelope but keeps the resource and the memory of the attributes.
void clear(envelope_view& envelope) {
    envelope_view blank;
    blank.resource = envelope.resource;
    blank.attributes.swap(envelope.attributes);
    blank.attributes.clear();
    envelope = std::move(blank);
}

bool read_envelope(octets from, envelope_view& to, std::uint64_t& faulty) {
    wire::reader in(from);
    bool whole = true;
    while (const auto field = in.next()) {
        switch (tag(field->number, field->type)) {
        case tag(SONDE_ENVELOPE_FIELD_TIME, SONDE_WIRE_FIXED64): to.time = field->value; break;
        case tag(SONDE_ENVELOPE_FIELD_CLOCK, SONDE_WIRE_VARINT):
            to.clock = static_cast<std::uint32_t>(field->value);
            break;
        case tag(SONDE_ENVELOPE_FIELD_CONTENT_TYPE, SONDE_WIRE_BYTES): to.content_type = field->text(); break;
        case tag(SONDE_ENVELOPE_FIELD_REVISION, SONDE_WIRE_VARINT):
            to.revision = static_cast<std::uint32_t>(field->value);
            break;
        case tag(SONDE_ENVELOPE_FIELD_DATA, SONDE_WIRE_BYTES): to.data = field->bytes; break;
        case tag(SONDE_ENVELOPE_FIELD_EVENT_ID, SONDE_WIRE_BYTES): to.event_id = id_of(*field, long_id, faulty); break;
        case tag(SONDE_ENVELOPE_FIELD_TRACE_ID, SONDE_WIRE_BYTES): to.trace_id = id_of(*field, long_id, faulty); break;
        case tag(SONDE_ENVELOPE_FIELD_SPAN_ID, SONDE_WIRE_BYTES): to.span_id = id_of(*field, short_id, faulty); break;
        case tag(SONDE_ENVELOPE_FIELD_OBJECT_TRACE_ID, SONDE_WIRE_BYTES):
            to.object_trace_id = id_of(*field, long_id, faulty);
            break;
        case tag(SONDE_ENVELOPE_FIELD_SNAPSHOT, SONDE_WIRE_VARINT): to.snapshot = field->value != 0; break;
        case tag(SONDE_ENVELOPE_FIELD_PID, SONDE_WIRE_VARINT): to.pid = static_cast<std::uint32_t>(field->value); break;
        case tag(SONDE_ENVELOPE_FIELD_PROCESS_START_TIME, SONDE_WIRE_FIXED64):
            to.process_start_time = field->value;
            break;
        case tag(SONDE_ENVELOPE_FIELD_CGROUP_ID, SONDE_WIRE_VARINT): to.cgroup_id = field->value; break;
        case tag(SONDE_ENVELOPE_FIELD_NETWORK_NAMESPACE, SONDE_WIRE_VARINT):
            to.network_namespace = static_cast<std::uint32_t>(field->value);
            break;
        case tag(SONDE_ENVELOPE_FIELD_CONTAINER_ID, SONDE_WIRE_BYTES): to.container_id = field->text(); break;
        case tag(SONDE_ENVELOPE_FIELD_POD_UID, SONDE_WIRE_BYTES): to.pod_uid = field->text(); break;
        case tag(SONDE_ENVELOPE_FIELD_POD_NAME, SONDE_WIRE_BYTES): to.pod_name = field->text(); break;
        case tag(SONDE_ENVELOPE_FIELD_POD_NAMESPACE, SONDE_WIRE_BYTES): to.pod_namespace = field->text(); break;
        case tag(SONDE_ENVELOPE_FIELD_ATTRIBUTES, SONDE_WIRE_BYTES):
            whole = whole && read_attribute(field->bytes, to);
            break;
        default: break;
        }
    }
    return whole && !in.failed();
}

}  // namespace

void batch_reader::open(std::span<const std::uint8_t> body, std::uint64_t first_item, std::string_view topic) {
    records_.clear();
    place_ = 0;
    malformed_ = 0;
    faulty_ids_ = 0;
    broken_ = false;
    resource_reading read;
    resource_view& resource = read.merged;
    wire::reader in(body);
    while (const auto field = in.next()) {
        if (field->type != SONDE_WIRE_BYTES) {
            continue;
        }
        if (field->number == SONDE_BATCH_FIELD_ENVELOPE) {
            records_.push_back(field->bytes);
        } else if (field->number == SONDE_BATCH_FIELD_RESOURCE && !read_resource(field->bytes, read)) {
            broken_ = true;
        }
    }
    broken_ = broken_ || in.failed();
    if (resource.topic.empty()) {
        resource.topic = topic;
    }
    if (!read.has_first_item) {
        resource.first_item = first_item;
    }
    envelope_.resource = resource;
}

const envelope_view* batch_reader::next() {
    while (place_ < records_.size()) {
        const std::size_t place = place_++;
        clear(envelope_);
        envelope_.item = envelope_.resource.first_item + place;
        if (read_envelope(records_[place], envelope_, faulty_ids_)) {
            settle_attributes(envelope_);
            return &envelope_;
        }
        ++malformed_;
    }
    return nullptr;
}

}  // namespace sonde::schema
