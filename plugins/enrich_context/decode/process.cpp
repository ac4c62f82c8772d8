// SPDX-License-Identifier: Apache-2.0
// sonde.v1.ProcessEvent, and the payloads that are about a process too: OomKill, SignalEvent.
#include <array>

#include "enrich_context/decode/decoders.hpp"
#include "enrich_context/decode/signal.hpp"
#include "process/schema.hpp"

namespace sonde::enrich_context::decode {
namespace {

namespace fields = process::schema;

struct kind_row {
    std::string_view type;
    verdict said;
};

// By sonde.v1.ProcessEvent.Kind.
constexpr std::array<kind_row, 10> kinds{{
    {"", verdict::malformed},
    {"process.exec", verdict::event},
    {"process.fork", verdict::event},
    {"process.exit", verdict::event},
    {"process.rename", verdict::event},
    {"process.user_change", verdict::event},
    {"process.group_change", verdict::event},
    {"process.sample", verdict::event},
    {"", verdict::state},
    {"", verdict::state},
}};

struct process_facts {
    std::uint32_t pid = 0;
    std::string_view name;
};

// What of a Process identifies it; the envelope's own facts come first.
bool read_process(std::span<const std::uint8_t> from, decoded& to, process_facts& facts) {
    return walk(from, [&](const wire::field& field) {
        switch (field.number) {
        case fields::pid:
            facts.pid = static_cast<std::uint32_t>(field.value);
            to.about.pid = to.about.pid != 0 ? to.about.pid : facts.pid;
            break;
        case fields::create_time_unix_nano:
            to.about.process_start = to.about.process_start != 0 ? to.about.process_start : field.value;
            break;
        case fields::cgroup_id: to.about.cgroup_id = to.about.cgroup_id != 0 ? to.about.cgroup_id : field.value; break;
        case fields::container_id:
            to.about.container_id = to.about.container_id.empty() ? field.text() : to.about.container_id;
            break;
        case fields::name: facts.name = field.text(); break;
        default: break;
        }
    });
}

void add_process(text_buffer<512>& out, const process_facts& facts) {
    out.add(facts.name.empty() ? std::string_view("process") : facts.name).add(" (").add(facts.pid).add(")");
}

}  // namespace

verdict process_event(const schema::envelope_view& from, decoded& to) {
    std::uint64_t kind = 0;
    std::uint64_t signal = 0;
    process_facts facts;
    bool inner = true;
    const bool whole = walk(from.data, [&](const wire::field& field) {
        switch (field.number) {
        case fields::event_kind: kind = field.value; break;
        case fields::event_process:
            to.process = field.bytes;
            inner = inner && read_process(field.bytes, to, facts);
            break;
        case fields::event_exit_signal: signal = field.value; break;
        default: break;
        }
    });
    if (!whole || !inner) {
        return verdict::malformed;
    }
    if (kind >= kinds.size()) {
        return verdict::unknown;
    }
    const kind_row& row = kinds[static_cast<std::size_t>(kind)];
    if (row.said == verdict::malformed) {
        to.fault = "kind";
        return verdict::malformed;
    }
    to.type = row.type;
    to.process_ended = kind == static_cast<std::uint64_t>(fields::kind::exit);
    if (signal != 0) {
        to.severity = severity::warn;
        add_process(to.message_text.begin(), facts);
        add_signal(to.message_text.add(" was ended by "), signal);
        to.message = to.message_text.view();
    }
    return row.said;
}

verdict oom_kill(const schema::envelope_view& from, decoded& to) {
    process_facts facts;
    bool inner = true;
    const bool whole = walk(from.data, [&](const wire::field& field) {
        if (field.number == 1) {  // victim
            inner = inner && read_process(field.bytes, to, facts);
        }
    });
    if (!whole || !inner) {
        return verdict::malformed;
    }
    to.type = "process.oom_kill";
    to.severity = severity::error;
    add_process(to.message_text.begin().add("the kernel ended "), facts);
    to.message = to.message_text.add(" for want of memory").view();
    return verdict::event;
}

verdict signal_event(const schema::envelope_view& from, decoded& to) {
    process_facts facts;
    std::uint64_t number = 0;
    bool inner = true;
    const bool whole = walk(from.data, [&](const wire::field& field) {
        switch (field.number) {
        case 1: inner = inner && read_process(field.bytes, to, facts); break;  // receiver
        case 2: number = field.value; break;
        default: break;
        }
    });
    if (!whole || !inner) {
        return verdict::malformed;
    }
    to.type = "process.signal";
    add_signal(to.message_text.begin(), number);
    add_process(to.message_text.add(" sent to "), facts);
    to.message = to.message_text.view();
    return verdict::event;
}

}  // namespace sonde::enrich_context::decode
