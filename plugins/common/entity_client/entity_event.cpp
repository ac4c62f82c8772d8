// SPDX-License-Identifier: Apache-2.0
#include "common/entity_client/entity_event.hpp"

#include <charconv>

#include <sonde/wire.hpp>

#include "common/entity_client/schema.hpp"

namespace sonde::common::entities {
namespace {

constexpr std::size_t tag_and_length = 16;  // at most, of one field

std::span<std::uint8_t> room_of(std::string& text) {
    return {reinterpret_cast<std::uint8_t*>(text.data()), text.size()};
}

void copy_field(wire::writer& out, const wire::field& from) {
    switch (from.type) {
    case SONDE_WIRE_VARINT: out.uint(from.number, from.value); break;
    case SONDE_WIRE_FIXED64: out.fixed64(from.number, from.value); break;
    case SONDE_WIRE_BYTES: out.bytes(from.number, from.bytes); break;
    default: break;  // the schema has no others
    }
}

bool is_usable(const entity_event& event) {
    const bool has_kind = event.kind != entity_kind::none;
    return event.action == action::synced ? has_kind : event.action != action::none && has_kind && !event.key.empty();
}

}  // namespace

std::optional<entity_event> parse_event(std::span<const std::uint8_t> message) {
    entity_event found;
    // A field may be written shorter than it was read, never longer.
    found.content.resize(message.size() + tag_and_length);
    wire::writer out(room_of(found.content));
    wire::reader in(message);
    while (const auto field = in.next()) {
        if (field->number == schema::event_action) {
            found.action = field->value <= static_cast<std::uint64_t>(action::synced)
                               ? static_cast<entities::action>(field->value)
                               : action::none;
            continue;
        }
        if (field->number == schema::event_revision) {
            found.revision = field->value;
            continue;
        }
        if (field->number == schema::event_kind && field->value < entity_kind_count) {
            found.kind = static_cast<entity_kind>(field->value);
        } else if (field->number == schema::event_key) {
            found.key = field->text();
        }
        copy_field(out, *field);
    }
    if (in.failed() || out.overflowed() || !is_usable(found)) {
        return std::nullopt;
    }
    found.content.resize(out.size());
    return found;
}

void append_event(const entity_event& event, std::string& response) {
    const std::size_t before = response.size();
    response.resize(before + event.content.size() + 4 * tag_and_length);
    wire::writer out(room_of(response).subspan(before));
    out.message(schema::response_events, [&] {
        out.uint(schema::event_action, static_cast<std::uint64_t>(event.action));
        out.raw({reinterpret_cast<const std::uint8_t*>(event.content.data()), event.content.size()});
        out.uint_if(schema::event_revision, event.revision);
    });
    response.resize(before + out.size());
}

std::string_view process_prefix(std::string_view key) noexcept {
    if (!key.starts_with("process:")) {
        return {};
    }
    return key.substr(0, key.rfind('/') + 1);
}

std::uint64_t create_time(std::string_view key) noexcept {
    std::uint64_t time = 0;
    const std::string_view last = key.substr(key.rfind('/') + 1);
    const auto [end, problem] = std::from_chars(last.data(), last.data() + last.size(), time);
    return problem == std::errc{} && end == last.data() + last.size() ? time : 0;
}

}  // namespace sonde::common::entities
