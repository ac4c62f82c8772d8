// SPDX-License-Identifier: Apache-2.0
#include "common/entity_client/messages.hpp"

#include <sonde/wire.hpp>

#include "common/entity_client/schema.hpp"

namespace sonde::common::entities {
namespace {

constexpr std::size_t scalar_room = 16;  // of one field that is a number

std::span<std::uint8_t> room_of(std::string& text) {
    return {reinterpret_cast<std::uint8_t*>(text.data()), text.size()};
}

bool add_kind(std::uint64_t number, entity_filter& to) {
    if (number == 0 || number >= entity_kind_count) {
        return false;  // a kind that we do not have cannot be served
    }
    to.kinds.insert(static_cast<entity_kind>(number));
    return true;
}

// Packed, as proto3 writes repeated numbers: each is a varint, and all kinds are below 128.
bool add_packed(std::span<const std::uint8_t> bytes, entity_filter& to) {
    for (const std::uint8_t each : bytes) {
        if (!add_kind(each, to)) {
            return false;
        }
    }
    return true;
}

}  // namespace

std::string encode(const entity_filter& filter) {
    std::string message((filter.kinds.size() + 1) * scalar_room + filter.key_prefix.size(), '\0');
    wire::writer out(room_of(message));
    for (const entity_kind kind : filter.kinds) {
        out.uint(schema::filter_kinds, static_cast<std::uint64_t>(kind));
    }
    out.text_if(schema::filter_key_prefix, filter.key_prefix);
    message.resize(out.size());
    return message;
}

std::optional<entity_filter> parse_filter(std::span<const std::uint8_t> message) {
    entity_filter found;
    wire::reader in(message);
    while (const auto field = in.next()) {
        if (field->number == schema::filter_key_prefix) {
            found.key_prefix = field->text();
        } else if (field->number == schema::filter_kinds) {
            const bool is_known =
                field->type == SONDE_WIRE_BYTES ? add_packed(field->bytes, found) : add_kind(field->value, found);
            if (!is_known) {
                return std::nullopt;
            }
        }
    }
    return in.failed() ? std::nullopt : std::optional(std::move(found));
}

void append_end(bool is_complete, std::uint64_t revision, std::string& response) {
    const std::size_t before = response.size();
    response.resize(before + 2 * scalar_room);
    wire::writer out(room_of(response).subspan(before));
    out.uint_if(schema::response_complete, is_complete ? 1 : 0);
    out.uint_if(schema::response_revision, revision);
    response.resize(before + out.size());
}

std::optional<entity_response> parse_response(std::span<const std::uint8_t> message) {
    entity_response found;
    wire::reader in(message);
    while (const auto field = in.next()) {
        if (field->number == schema::response_events) {
            if (auto event = parse_event(field->bytes)) {
                found.events.push_back(std::move(*event));
            } else {
                ++found.malformed;
            }
        } else if (field->number == schema::response_complete) {
            found.is_complete = field->value != 0;
        } else if (field->number == schema::response_revision) {
            found.revision = field->value;
        }
    }
    return in.failed() ? std::nullopt : std::optional(std::move(found));
}

}  // namespace sonde::common::entities
