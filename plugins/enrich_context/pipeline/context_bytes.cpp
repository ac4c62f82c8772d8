// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/pipeline/context_bytes.hpp"

#include <algorithm>
#include <array>

#include "enrich_context/layout.hpp"
#include "enrich_context/store/seam.hpp"

namespace sonde::enrich_context::pipeline {
namespace {

using bytes = std::span<const std::uint8_t>;

struct missing_section {
    std::uint32_t section = 0;
    std::uint32_t why = 0;
};

missing_section read_missing(bytes from) {
    missing_section found;
    wire::reader in(from);
    while (const auto field = in.next()) {
        if (field->number == layout::missing::section) {
            found.section = static_cast<std::uint32_t>(field->value);
        } else if (field->number == layout::missing::reason) {
            found.why = static_cast<std::uint32_t>(field->value);
        }
    }
    return found;
}

// As short as it can be said: never longer than what was read.
void write_missing(wire::writer& out, const missing_section& what) {
    std::array<std::uint8_t, 24> room{};  // two tags and numbers, and what the writer keeps free
    wire::writer message(room);
    message.uint_if(layout::missing::section, what.section);
    message.uint(layout::missing::reason, what.why);
    out.bytes(layout::context::missing, bytes(room).first(message.size()));
}

bool is_missing_service(const wire::field& field) {
    return field.number == layout::context::missing &&
           read_missing(field.bytes).section == static_cast<std::uint32_t>(layout::missing::section_of::service);
}

// All fields of a context are messages or text.
void append(std::uint32_t number, bytes content, std::vector<std::uint8_t>& to) {
    constexpr std::size_t head = 20;  // two varints at most
    const std::size_t before = to.size();
    to.resize(before + head + content.size());
    wire::writer out(std::span<std::uint8_t>(to).subspan(before));
    out.bytes(number, content);
    to.resize(before + out.size());
}

bool holds_service(bytes services, bytes wanted) {
    wire::reader in(services);
    while (const auto field = in.next()) {
        if (field->number == layout::context::services && std::ranges::equal(field->bytes, wanted)) {
            return true;
        }
    }
    return false;
}

// What may come to be known later on.
bool is_for_now(std::uint32_t why) {
    return why == static_cast<std::uint32_t>(reason::not_synced) ||
           why == static_cast<std::uint32_t>(reason::not_found);
}

void read_process(bytes from, context_facts& to) {
    wire::reader in(from);
    while (const auto field = in.next()) {
        to.has_service_name = to.has_service_name || field->number == layout::process::service_name;
    }
}

void read_container(bytes from, context_facts& to) {
    wire::reader in(from);
    while (const auto field = in.next()) {
        if (field->number == layout::container::id) {
            to.container_id = field->text();
        } else if (field->number == layout::container::started_time_unix_nano) {
            to.container_started = field->value;
        }
    }
}

void read_pod(bytes from, context_facts& to) {
    wire::reader in(from);
    while (const auto field = in.next()) {
        switch (field->number) {
        case layout::pod::uid: to.pod_uid = field->text(); break;
        case layout::pod::name: to.pod_name = field->text(); break;
        case layout::pod::in_namespace: to.pod_namespace = field->text(); break;
        default: break;
        }
    }
}

}  // namespace

context_facts read_facts(bytes context) {
    context_facts found;
    wire::reader in(context);
    while (const auto section = in.next()) {
        switch (section->number) {
        case layout::context::process: read_process(section->bytes, found); break;
        case layout::context::container: read_container(section->bytes, found); break;
        case layout::context::pod: read_pod(section->bytes, found); break;
        default: break;
        }
    }
    return found;
}

void copy_services(bytes from, std::vector<std::uint8_t>& to) {
    wire::reader in(from);
    while (const auto field = in.next()) {
        if (field->number == layout::context::services || is_missing_service(*field)) {
            append(field->number, field->bytes, to);
        }
    }
}

void put_services_first(bytes services, bytes context, std::vector<std::uint8_t>& to) {
    if (services.empty()) {
        to.assign(context.begin(), context.end());
        return;
    }
    to.assign(services.begin(), services.end());
    wire::reader in(context);
    while (const auto field = in.next()) {
        const bool is_there = field->number == layout::context::services && holds_service(services, field->bytes);
        if (!is_there && !is_missing_service(*field)) {  // of a reason, that of what was dialled counts
            append(field->number, field->bytes, to);
        }
    }
}

void write_timed_out(wire::writer& out, bytes context) {
    wire::reader in(context);
    while (const auto field = in.next()) {
        if (field->type != SONDE_WIRE_BYTES) {
            continue;
        }
        const bool is_missing = field->number == layout::context::missing;
        const missing_section found = is_missing ? read_missing(field->bytes) : missing_section{};
        if (is_for_now(found.why)) {
            write_missing(out, {found.section, static_cast<std::uint32_t>(reason::timed_out)});
        } else {
            out.bytes(field->number, field->bytes);
        }
    }
}

}  // namespace sonde::enrich_context::pipeline
