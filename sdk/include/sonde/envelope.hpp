// SPDX-License-Identifier: Apache-2.0
// Writes one sonde.v1.Envelope record; see proto/sonde/v1/envelope.proto for the meaning of the fields.
#pragma once

#include <chrono>
#include <span>
#include <string_view>

#include <sonde/c/envelope.h>
#include <sonde/wire.hpp>

namespace sonde {

// Who vouches for the time of an event (sonde.v1.ClockQuality).
enum class clock_quality : std::uint32_t { kernel = 1, collector = 2, source = 3 };

// A writer of envelope fields; members may be called in any order, each at most once except attribute.
class envelope_writer {
public:
    explicit envelope_writer(wire::writer& into) noexcept : wire_(&into) {}

    envelope_writer& time(std::chrono::nanoseconds unix_time, clock_quality quality) noexcept {
        wire_->fixed64(SONDE_ENVELOPE_FIELD_TIME, static_cast<std::uint64_t>(unix_time.count()));
        wire_->uint(SONDE_ENVELOPE_FIELD_CLOCK, static_cast<std::uint64_t>(quality));
        return *this;
    }
    // Payload as finished bytes.
    envelope_writer& data(std::string_view content_type, std::uint32_t revision,
                          std::span<const std::uint8_t> bytes) noexcept {
        type(content_type, revision);
        wire_->bytes(SONDE_ENVELOPE_FIELD_DATA, bytes);
        return *this;
    }
    // Payload as text, for content types such as "text/plain".
    envelope_writer& data(std::string_view content_type, std::uint32_t revision, std::string_view text) noexcept {
        type(content_type, revision);
        wire_->text(SONDE_ENVELOPE_FIELD_DATA, text);
        return *this;
    }
    // Payload written in place: `fill(wire::writer&)` writes the fields of the message named by `content_type`.
    template <class Fill>
        requires std::invocable<Fill, wire::writer&>
    envelope_writer& data(std::string_view content_type, std::uint32_t revision, Fill&& fill) {
        type(content_type, revision);
        wire_->message(SONDE_ENVELOPE_FIELD_DATA, [&] { fill(*wire_); });
        return *this;
    }
    envelope_writer& snapshot() noexcept {
        wire_->uint(SONDE_ENVELOPE_FIELD_SNAPSHOT, 1);
        return *this;
    }
    envelope_writer& process(std::uint32_t pid, std::chrono::nanoseconds start_time) noexcept {
        wire_->uint_if(SONDE_ENVELOPE_FIELD_PID, pid);
        if (start_time.count() != 0) {
            wire_->fixed64(SONDE_ENVELOPE_FIELD_PROCESS_START_TIME, static_cast<std::uint64_t>(start_time.count()));
        }
        return *this;
    }
    envelope_writer& cgroup(std::uint64_t id) noexcept {
        wire_->uint_if(SONDE_ENVELOPE_FIELD_CGROUP_ID, id);
        return *this;
    }
    envelope_writer& network_namespace(std::uint32_t inode) noexcept {
        wire_->uint_if(SONDE_ENVELOPE_FIELD_NETWORK_NAMESPACE, inode);
        return *this;
    }
    envelope_writer& container(std::string_view id) noexcept {
        wire_->text_if(SONDE_ENVELOPE_FIELD_CONTAINER_ID, id);
        return *this;
    }
    envelope_writer& pod(std::string_view uid, std::string_view name, std::string_view in_namespace) noexcept {
        wire_->text_if(SONDE_ENVELOPE_FIELD_POD_UID, uid);
        wire_->text_if(SONDE_ENVELOPE_FIELD_POD_NAME, name);
        wire_->text_if(SONDE_ENVELOPE_FIELD_POD_NAMESPACE, in_namespace);
        return *this;
    }
    // Of an event that has an identity already; without it, it follows from the place in the stream.
    envelope_writer& event_id(std::span<const std::uint8_t, 16> id) noexcept {
        wire_->bytes(SONDE_ENVELOPE_FIELD_EVENT_ID, id);
        return *this;
    }
    // 16 and 8 bytes, only if the source carried a real trace context.
    envelope_writer& trace(std::span<const std::uint8_t, 16> trace_id,
                           std::span<const std::uint8_t, 8> span_id) noexcept {
        wire_->bytes(SONDE_ENVELOPE_FIELD_TRACE_ID, trace_id);
        wire_->bytes(SONDE_ENVELOPE_FIELD_SPAN_ID, span_id);
        return *this;
    }
    // What ties an object to its owners: 16 bytes, equal on every node.
    envelope_writer& object_trace(std::span<const std::uint8_t, 16> id) noexcept {
        wire_->bytes(SONDE_ENVELOPE_FIELD_OBJECT_TRACE_ID, id);
        return *this;
    }
    envelope_writer& attribute(std::string_view key, std::string_view value) noexcept {
        wire_->entry(SONDE_ENVELOPE_FIELD_ATTRIBUTES, key, value);
        return *this;
    }

private:
    void type(std::string_view content_type, std::uint32_t revision) noexcept {
        wire_->text(SONDE_ENVELOPE_FIELD_CONTENT_TYPE, content_type);
        wire_->uint(SONDE_ENVELOPE_FIELD_REVISION, revision);
    }

    wire::writer* wire_;
};

}  // namespace sonde
