// SPDX-License-Identifier: Apache-2.0
#include "relay/messages.hpp"

#include <algorithm>

#include <sonde/wire.hpp>

namespace sonde::relay {
namespace {

constexpr std::size_t number_room = 16;  // a tag and a varint

std::span<std::uint8_t> room_of(std::string& text, std::size_t from) {
    return {reinterpret_cast<std::uint8_t*>(text.data()) + from, text.size() - from};
}

std::optional<relayed_batch> read_batch(bytes message) {
    relayed_batch found;
    wire::reader in(message);
    while (const auto field = in.next()) {
        if (field->number == schema::batch_topic && field->type == SONDE_WIRE_BYTES) {
            found.topic = field->text();
        } else if (field->number == schema::batch_items && field->type == SONDE_WIRE_VARINT) {
            found.items = static_cast<std::uint32_t>(field->value);
        } else if (field->number == schema::batch_body && field->type == SONDE_WIRE_BYTES) {
            found.body = field->bytes;
        }
    }
    return in.failed() ? std::nullopt : std::optional(found);
}

}  // namespace

std::string begin_request(const session_id& session, std::uint64_t number) {
    std::string message(session.size() + 2 * number_room, '\0');
    wire::writer out(room_of(message, 0));
    out.bytes(schema::request_session, session);
    out.uint_if(schema::request_number, number);
    message.resize(out.size());
    return message;
}

void append(std::string& request, const relayed_batch& batch) {
    const std::size_t before = request.size();
    request.resize(before + room_for(batch));
    wire::writer out(room_of(request, before));
    out.message(schema::request_batches, [&] {
        out.text(schema::batch_topic, batch.topic);
        out.uint(schema::batch_items, batch.items);
        out.bytes(schema::batch_body, batch.body);
    });
    request.resize(before + out.size());
}

std::optional<request_view> read_request(bytes message) {
    request_view found;
    bool has_session = false;
    wire::reader in(message);
    while (const auto field = in.next()) {
        if (field->number == schema::request_session && field->bytes.size() == found.session.size()) {
            std::ranges::copy(field->bytes, found.session.begin());
            has_session = true;
        } else if (field->number == schema::request_number && field->type == SONDE_WIRE_VARINT) {
            found.number = field->value;
        } else if (field->number == schema::request_batches && field->type == SONDE_WIRE_BYTES) {
            const auto batch = read_batch(field->bytes);
            if (!batch) {
                return std::nullopt;
            }
            found.batches.push_back(*batch);
        }
    }
    return in.failed() || !has_session ? std::nullopt : std::optional(std::move(found));
}

std::string encode(const response& from) {
    std::string message(3 * number_room, '\0');
    wire::writer out(room_of(message, 0));
    out.uint_if(schema::response_acknowledged, from.acknowledged);
    out.uint_if(schema::response_is_known, from.is_known ? 1 : 0);
    out.uint_if(schema::response_wants_state, from.wants_state ? 1 : 0);
    message.resize(out.size());
    return message;
}

std::optional<response> read_response(bytes message) {
    response found;
    wire::reader in(message);
    while (const auto field = in.next()) {
        if (field->type != SONDE_WIRE_VARINT) {
            continue;
        }
        switch (field->number) {
        case schema::response_acknowledged: found.acknowledged = field->value; break;
        case schema::response_is_known: found.is_known = field->value != 0; break;
        case schema::response_wants_state: found.wants_state = field->value != 0; break;
        default: break;
        }
    }
    return in.failed() ? std::nullopt : std::optional(found);
}

}  // namespace sonde::relay
