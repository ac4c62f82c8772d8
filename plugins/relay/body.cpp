// SPDX-License-Identifier: Apache-2.0
#include "relay/body.hpp"

#include <sonde/c/envelope.h>

namespace sonde::relay {
namespace {

constexpr std::size_t numbers_room = 96;   // tags, lengths and numbers of a resource
constexpr std::size_t envelope_room = 16;  // a tag and a length

// False unless it identifies events.
bool read_resource(std::span<const std::uint8_t> from, origin& to) {
    bool has_uid = false;
    bool has_first_item = false;
    wire::reader in(from);
    while (const auto field = in.next()) {
        const bool is_text = field->type == SONDE_WIRE_BYTES;
        if (is_text && field->number == SONDE_RESOURCE_FIELD_SOURCE) {
            to.source = field->text();
        } else if (is_text && field->number == SONDE_RESOURCE_FIELD_INSTANCE) {
            to.instance = field->text();
        } else if (is_text && field->number == SONDE_RESOURCE_FIELD_NODE_NAME) {
            to.node_name = field->text();
        } else if (is_text && field->number == SONDE_RESOURCE_FIELD_TOPIC) {
            to.topic = field->text();
        } else if (is_text && field->number == SONDE_RESOURCE_FIELD_SOURCE_VERSION) {
            to.source_version = field->text();
        } else if (field->type == SONDE_WIRE_VARINT && field->number == SONDE_RESOURCE_FIELD_NODE_NAME_ORIGIN) {
            to.node_name_origin = static_cast<std::uint32_t>(field->value);
        } else if (field->type == SONDE_WIRE_FIXED64 && field->number == SONDE_RESOURCE_FIELD_STREAM_UID) {
            to.stream_uid = field->value;
            has_uid = true;
        } else if (field->type == SONDE_WIRE_FIXED64 && field->number == SONDE_RESOURCE_FIELD_FIRST_ITEM) {
            to.first_item = field->value;
            has_first_item = true;
        }
    }
    return !in.failed() && has_uid && has_first_item && !to.node_name.empty() && !to.topic.empty();
}

}  // namespace

bool body::read(std::span<const std::uint8_t> from) {
    from_ = {};
    envelopes_.clear();
    return append(from, from_) && !envelopes_.empty();
}

bool body::join(std::span<const std::uint8_t> next) {
    const std::size_t before = envelopes_.size();
    origin wanted = from_;
    wanted.first_item += before;
    origin found;
    if (append(next, found) && found == wanted) {
        return true;
    }
    envelopes_.resize(before);
    return false;
}

// False if it does not say whose they are.
bool body::append(std::span<const std::uint8_t> from, origin& of) {
    bool has_origin = false;
    wire::reader in(from);
    while (const auto field = in.next()) {
        if (field->type != SONDE_WIRE_BYTES) {
            continue;
        }
        if (field->number == SONDE_BATCH_FIELD_RESOURCE) {
            has_origin = read_resource(field->bytes, of);
        } else if (field->number == SONDE_BATCH_FIELD_ENVELOPE) {
            envelopes_.push_back(field->bytes);
        }
    }
    return has_origin;
}

body::part body::part_from(std::size_t begin) const {
    part found{begin, begin, room_for(from_)};
    do {
        found.size += envelopes_[found.end].size() + envelope_room;
        ++found.end;
    } while (found.end < envelopes_.size() && found.size + envelopes_[found.end].size() < part_size);
    return found;
}

void body::write(const part& which, wire::writer& out) const {
    origin from = from_;
    from.first_item += which.begin;
    write_resource(from, out);
    for (std::size_t i = which.begin; i < which.end; ++i) {
        out.bytes(SONDE_BATCH_FIELD_ENVELOPE, envelopes_[i]);
    }
}

void write_resource(const origin& from, wire::writer& out) {
    out.message(SONDE_BATCH_FIELD_RESOURCE, [&] {
        out.text(SONDE_RESOURCE_FIELD_SOURCE, from.source);
        out.text(SONDE_RESOURCE_FIELD_INSTANCE, from.instance);
        out.text(SONDE_RESOURCE_FIELD_NODE_NAME, from.node_name);
        out.uint(SONDE_RESOURCE_FIELD_NODE_NAME_ORIGIN, from.node_name_origin);
        out.text(SONDE_RESOURCE_FIELD_SOURCE_VERSION, from.source_version);
        out.text(SONDE_RESOURCE_FIELD_TOPIC, from.topic);
        out.fixed64(SONDE_RESOURCE_FIELD_STREAM_UID, from.stream_uid);
        out.fixed64(SONDE_RESOURCE_FIELD_FIRST_ITEM, from.first_item);
    });
}

std::size_t room_for(const origin& from) noexcept {
    return numbers_room + from.source.size() + from.instance.size() + from.node_name.size() + from.topic.size() +
           from.source_version.size();
}

}  // namespace sonde::relay
