// SPDX-License-Identifier: Apache-2.0
#include "process/told_event.hpp"

#include <algorithm>
#include <optional>

#include <sonde/c/envelope.h>
#include <sonde/wire.hpp>

namespace sonde::process {
namespace {

using bytes = std::span<const std::uint8_t>;

constexpr std::uint32_t most_kinds = 1u << 16;  // an enum of proto3 may hold what we do not know yet

std::uint32_t narrow(const wire::field& from) noexcept { return static_cast<std::uint32_t>(from.value); }

void clear(told_event& event) {
    event.kind = {};
    process_facts& facts = event.facts;
    facts.arguments.clear();
    facts.name.clear();
    facts.executable.clear();
    facts.cgroup_path.clear();
    facts.container_id.clear();
    facts.pod_uid.clear();
    facts.arguments_truncated = false;
    facts.pid = facts.parent_pid = facts.original_parent_pid = facts.session_id = facts.threads = 0;
    facts.start_ticks = facts.memory_rss = facts.memory_virtual = facts.user_ticks = facts.system_ticks = 0;
    facts.cgroup_id = 0;
    facts.create_time = 0;
    facts.state = 0;
    facts.user_id.reset();
    facts.group_id.reset();
    facts.open_files.reset();
    event.has_times = event.is_usage_only = false;
    event.snapshot_number = 0;
    event.end = {};
}

// Ticks as the kernel counts them: cut, with room for what a double cannot say exactly.
std::uint64_t ticks_of(double seconds, const boot_clock& clock) noexcept {
    constexpr double most = 1e12;
    const double ticks = seconds * static_cast<double>(clock.ticks_per_second()) + 1e-6;
    return ticks > 0 && ticks < most ? static_cast<std::uint64_t>(ticks) : 0;
}

void read_field(const wire::field& field, const boot_clock& clock, told_event& into) {
    process_facts& facts = into.facts;
    switch (field.number) {
    case schema::pid: facts.pid = narrow(field); break;
    case schema::parent_pid: facts.parent_pid = narrow(field); break;
    case schema::name: facts.name.assign(field.text()); break;
    case schema::command_args: facts.arguments.append(field.text()).push_back('\0'); break;
    case schema::command_args_truncated: facts.arguments_truncated = field.value != 0; break;
    case schema::executable_path: facts.executable.assign(field.text()); break;
    case schema::create_time_unix_nano: facts.create_time = static_cast<std::int64_t>(field.value); break;
    case schema::state: facts.state = field.bytes.empty() ? '\0' : field.text().front(); break;
    case schema::user_id: facts.user_id = narrow(field); break;
    case schema::group_id: facts.group_id = narrow(field); break;
    case schema::threads: facts.threads = narrow(field); break;
    case schema::open_files: facts.open_files = narrow(field); break;
    case schema::memory_rss: facts.memory_rss = field.value; break;
    case schema::memory_virtual: facts.memory_virtual = field.value; break;
    case schema::cpu_time_user:
        facts.user_ticks = ticks_of(field.number_value(), clock);
        into.has_times = true;
        break;
    case schema::cpu_time_system:
        facts.system_ticks = ticks_of(field.number_value(), clock);
        into.has_times = true;
        break;
    case schema::cgroup_id: facts.cgroup_id = field.value; break;
    case schema::cgroup_path: facts.cgroup_path.assign(field.text()); break;
    case schema::container_id: facts.container_id.assign(field.text()); break;
    case schema::session_id: facts.session_id = narrow(field); break;
    case schema::original_parent_pid: facts.original_parent_pid = narrow(field); break;
    default: break;
    }
}

bool read_process(bytes message, const boot_clock& clock, told_event& into) {
    wire::reader in(message);
    while (const auto field = in.next()) {
        read_field(*field, clock, into);
    }
    into.facts.start_ticks = clock.ticks_of(into.facts.create_time);
    return !in.failed();
}

bool read_end(bytes message, told_event::end_of_snapshot& into) {
    wire::reader in(message);
    while (const auto field = in.next()) {
        switch (field->number) {
        case schema::end_processes: into.processes = narrow(*field); break;
        case schema::end_interval_nano:
            into.interval = std::chrono::nanoseconds(static_cast<std::int64_t>(field->value & INT64_MAX));
            break;
        case schema::end_is_partial: into.is_partial = field->value != 0; break;
        case schema::end_is_usage_only: into.is_usage_only = field->value != 0; break;
        default: break;
        }
    }
    return !in.failed();
}

bool read_payload(bytes message, const boot_clock& clock, told_event& into) {
    wire::reader in(message);
    bool is_good = true;
    while (const auto field = in.next()) {
        switch (field->number) {
        case schema::event_kind:
            into.kind = field->value < most_kinds ? static_cast<schema::kind>(field->value) : schema::kind{};
            break;
        case schema::event_process: is_good = read_process(field->bytes, clock, into) && is_good; break;
        case schema::event_snapshot_number: into.snapshot_number = field->value; break;
        case schema::event_snapshot_end: is_good = read_end(field->bytes, into.end) && is_good; break;
        case schema::event_usage_only: into.is_usage_only = field->value != 0; break;
        default: break;
        }
    }
    return is_good && !in.failed();
}

void cut(std::string& arguments, std::size_t limit, bool& is_truncated) {
    if (arguments.size() > limit) {
        arguments.resize(limit);
        is_truncated = true;
    }
}

}  // namespace

bool read_told(bytes envelope, const boot_clock& clock, told_event& into) {
    clear(into);
    wire::reader in(envelope);
    bytes payload;
    bool is_process_event = false;
    while (const auto field = in.next()) {
        if (field->number == SONDE_ENVELOPE_FIELD_CONTENT_TYPE) {
            is_process_event = field->text() == schema::content_type;
        } else if (field->number == SONDE_ENVELOPE_FIELD_DATA) {
            payload = field->bytes;
        } else if (field->number == SONDE_ENVELOPE_FIELD_POD_UID) {
            into.facts.pod_uid.assign(field->text());
        }
    }
    return is_process_event && !in.failed() && read_payload(payload, clock, into);
}

void merge(const told_event& told, std::size_t arguments_limit, process_facts& known) {
    const process_facts& from = told.facts;
    const bool is_sample = told.kind == schema::kind::sample;
    known.pid = from.pid;
    known.parent_pid = from.parent_pid;
    known.name = from.name;
    known.user_id = from.user_id;
    known.group_id = from.group_id;
    known.cgroup_id = from.cgroup_id;
    if (known.start_ticks == 0) {
        known.start_ticks = from.start_ticks;
        known.create_time = from.create_time;
    }
    if (from.original_parent_pid != 0) {
        known.original_parent_pid = from.original_parent_pid;
    }
    if (is_sample) {
        known.state = from.state;
        known.threads = from.threads;
        known.session_id = from.session_id;
        known.memory_rss = from.memory_rss;
        known.memory_virtual = from.memory_virtual;
        known.open_files = from.open_files;
    }
    if (is_sample && told.has_times) {
        known.user_ticks = from.user_ticks;
        known.system_ticks = from.system_ticks;
    }
    if (told.is_usage_only || told.kind == schema::kind::fork) {
        return;  // says nothing of texts
    }
    known.executable = from.executable;
    known.arguments = from.arguments;
    known.arguments_truncated = from.arguments_truncated;
    cut(known.arguments, arguments_limit, known.arguments_truncated);
    known.cgroup_path = from.cgroup_path;
    known.container_id = from.container_id;
    known.pod_uid = from.pod_uid;
}

}  // namespace sonde::process
