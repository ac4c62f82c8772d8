// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/pipeline/event_writer.hpp"

#include <algorithm>
#include <cstring>

#include "enrich_context/layout.hpp"

namespace sonde::enrich_context::pipeline {
namespace {

using bytes = std::span<const std::uint8_t>;

// Tags, lengths, numbers and identifiers of the envelope and the event.
constexpr std::size_t fixed_room = 384;
constexpr std::size_t room_per_text = 12;

void put_big_endian(std::uint8_t* to, std::uint64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8) {
        *to++ = static_cast<std::uint8_t>(value >> shift);
    }
}

std::chrono::nanoseconds unix_time(std::uint64_t nanoseconds) {
    return std::chrono::nanoseconds(static_cast<std::int64_t>(nanoseconds));
}

// The first that is there.
std::string_view either(std::string_view first, std::string_view second) { return first.empty() ? second : first; }

void write_context(wire::writer& out, std::uint32_t field, bytes context, bool timed_out) {
    if (context.empty()) {
        return;
    }
    if (timed_out) {
        out.message(field, [&] { write_timed_out(out, context); });
    } else {
        out.bytes(field, context);
    }
}

void write_peer(wire::writer& out, const unified& event) {
    const bytes known = event.found->peer();
    if (known.empty() && event.what->name_count == 0) {
        return;
    }
    out.message(layout::event::peer, [&] {
        if (event.timed_out) {
            write_timed_out(out, known);
        } else {
            out.raw(known);
        }
        for (std::size_t i = 0; i < event.what->name_count; ++i) {
            out.text(layout::context::names, event.what->names[i]);
        }
    });
}

void write_body(wire::writer& out, const unified& event) {
    const schema::envelope_view& raw = *event.raw;
    const bool is_cut = raw.data.size() > event.raw_limit;
    if (event.what->body != layout::event::generic && !is_cut) {
        out.bytes(event.what->body, raw.data);
        return;
    }
    out.message(layout::event::generic, [&] {
        out.text_if(layout::generic::content_type, raw.content_type);
        out.uint_if(layout::generic::revision, raw.revision);
        out.bytes(layout::generic::data, raw.data.first(std::min(raw.data.size(), event.raw_limit)));
        out.uint(layout::generic::full_size, raw.data.size());
    });
}

void write_event(wire::writer& out, const unified& event) {
    const decode::decoded& what = *event.what;
    out.text(layout::event::type, what.type);
    out.uint(layout::event::severity, static_cast<std::uint64_t>(what.severity));
    out.text_if(layout::event::message, what.message);
    out.text_if(layout::event::source, event.raw->resource.source);
    out.text_if(layout::event::source_version, event.raw->resource.source_version);
    write_context(out, layout::event::context, event.found->context(), event.timed_out);
    write_peer(out, event);
    out.text_if(layout::event::entity_key, event.entity_key);
    for (const auto& [key, value] : event.raw->attributes) {
        out.entry(layout::event::attributes, key, value);
    }
    if (!what.severity_is_told) {
        out.text(layout::event::derived, "severity");
    }
    if (!what.message.empty() && !what.message_is_told) {
        out.text(layout::event::derived, "message");
    }
    if (event.facts.has_service_name) {
        out.text(layout::event::derived, "context.process.service_name");
    }
    out.raw(event.sections);
    out.uint_if(layout::event::is_amendment, event.is_amendment ? 1 : 0);
    out.uint_if(layout::event::explicit_tags, event.explicit_tags ? 1 : 0);
    write_body(out, event);
}

}  // namespace

event_id identity(const schema::envelope_view& of) noexcept {
    event_id id{};
    if (of.event_id.size() == id.size()) {
        std::memcpy(id.data(), of.event_id.data(), id.size());
        return id;
    }
    put_big_endian(id.data(), of.resource.stream_uid);
    put_big_endian(id.data() + 8, of.item);
    return id;
}

std::size_t room_for(const unified& event) noexcept {
    const schema::envelope_view& raw = *event.raw;
    const decode::decoded& what = *event.what;
    const subject& about = what.about;
    std::size_t room = fixed_room + std::min(raw.data.size(), event.raw_limit) + event.found->context().size() +
                       event.found->peer().size() + event.sections.size();
    for (const std::string_view text :
         {what.type, what.message, raw.content_type, raw.resource.source, raw.resource.source_version, event.entity_key,
          either(about.container_id, event.facts.container_id), either(about.pod_uid, event.facts.pod_uid),
          either(about.pod_name, event.facts.pod_name), either(about.pod_namespace, event.facts.pod_namespace)}) {
        room += text.size();
    }
    for (const auto& [key, value] : raw.attributes) {
        room += key.size() + value.size() + 2 * room_per_text;
    }
    for (std::size_t i = 0; i < what.name_count; ++i) {
        room += what.names[i].size() + room_per_text;
    }
    return room;
}

void write(envelope_writer& to, const unified& event) {
    const schema::envelope_view& raw = *event.raw;
    const decode::decoded& what = *event.what;
    to.time(unix_time(raw.time), static_cast<clock_quality>(raw.clock));
    to.data(layout::event_type, layout::revision, [&](wire::writer& out) { write_event(out, event); });
    to.event_id(identity(raw));
    if (event.has_trace) {
        to.trace(raw.trace_id.first<16>(), raw.span_id.first<8>());
    }
    if (raw.object_trace_id.size() == 16) {
        to.object_trace(raw.object_trace_id.first<16>());
    }
    to.process(what.about.pid, unix_time(what.about.process_start));
    to.cgroup(what.about.cgroup_id);
    to.network_namespace(raw.network_namespace);
    to.container(either(what.about.container_id, event.facts.container_id));
    to.pod(either(what.about.pod_uid, event.facts.pod_uid), either(what.about.pod_name, event.facts.pod_name),
           either(what.about.pod_namespace, event.facts.pod_namespace));
}

}  // namespace sonde::enrich_context::pipeline
