// SPDX-License-Identifier: Apache-2.0
// Reads what processes and connections tell: sonde.v1.ProcessEvent and sonde.v1.ConnectionEvent.
#include <algorithm>
#include <utility>

#include <netinet/in.h>

#include <sonde/wire.hpp>

#include "enrich_context/store/address.hpp"
#include "enrich_context/store/learn.hpp"
#include "enrich_context/store/numbers.hpp"

namespace sonde::enrich_context::store {
namespace {

using numbers::process_event::event_kind;

constexpr std::uint64_t for_good = UINT64_MAX;

// Appends an argument as a field of ProcessContext, if there is room for it.
void append_argument(std::string& to, std::span<const std::uint8_t> argument, std::size_t limit) {
    constexpr std::size_t most_overhead = 20;  // of tag and length, as the writer reckons
    if (to.size() + argument.size() > limit) {
        return;
    }
    const std::size_t before = to.size();
    to.resize(before + argument.size() + most_overhead);
    wire::writer out({reinterpret_cast<std::uint8_t*>(to.data()) + before, argument.size() + most_overhead});
    out.bytes(numbers::process::command_args, argument);
    to.resize(before + out.size());
}

bool read_process(std::span<const std::uint8_t> from, std::size_t limit, process_facts& into, std::string& arguments) {
    wire::reader fields(from);
    while (const auto field = fields.next()) {
        namespace number = numbers::observed_process;
        switch (field->number) {
        case number::pid: into.pid = static_cast<std::uint32_t>(field->value); break;
        case number::parent_pid: into.parent = static_cast<std::uint32_t>(field->value); break;
        case number::name: into.name = field->text(); break;
        case number::command_args: append_argument(arguments, field->bytes, limit); break;
        case number::executable_path: into.executable = field->text(); break;
        case number::create_time: into.start = field->value; break;
        case number::user_id: into.user = static_cast<std::uint32_t>(field->value); break;
        case number::cgroup_id: into.cgroup_id = field->value; break;
        case number::cgroup_path: into.cgroup_path = field->text(); break;
        case number::container_id: into.container_id = field->text(); break;
        case number::is_container: into.is_in_pid_namespace = field->value != 0; break;
        default: break;
        }
    }
    into.arguments = arguments;
    return !fields.failed();
}

// What the envelope says of its process, where the payload is silent.
void add_origin(const schema::envelope_view& envelope, process_facts& into) {
    into.pid = into.pid == 0 ? envelope.pid : into.pid;
    if (into.pid != envelope.pid) {
        return;
    }
    into.start = into.start == 0 ? envelope.process_start_time : into.start;
    into.cgroup_id = into.cgroup_id == 0 ? envelope.cgroup_id : into.cgroup_id;
    into.container_id = into.container_id.empty() ? envelope.container_id : into.container_id;
    into.pod_uid = envelope.pod_uid;
}

struct process_event {
    event_kind kind{};
    std::uint64_t snapshot = 0;
    std::uint64_t end_processes = 0;
    bool end_is_partial = false;
    bool end_is_watched = false;
    std::uint64_t end_began = 0;
    process_facts facts;
};

bool read_event(const schema::envelope_view& envelope, std::size_t limit, process_event& into, std::string& arguments) {
    wire::reader fields(envelope.data);
    bool is_whole = true;
    while (const auto field = fields.next()) {
        switch (field->number) {
        case numbers::process_event::kind: into.kind = static_cast<event_kind>(field->value); break;
        case numbers::process_event::snapshot_number: into.snapshot = field->value; break;
        case numbers::process_event::process:
            is_whole = read_process(field->bytes, limit, into.facts, arguments) && is_whole;
            break;
        case numbers::process_event::snapshot_end: {
            wire::reader end(field->bytes);
            while (const auto each = end.next()) {
                switch (each->number) {
                case numbers::process_event::end_processes: into.end_processes = each->value; break;
                case numbers::process_event::end_is_partial: into.end_is_partial = each->value != 0; break;
                case numbers::process_event::end_is_watched: into.end_is_watched = each->value != 0; break;
                case numbers::process_event::end_began_time: into.end_began = each->value; break;
                default: break;
                }
            }
            is_whole = !end.failed() && is_whole;
            break;
        }
        default: break;
        }
    }
    into.facts.is_exec = into.kind == event_kind::exec;
    return is_whole && !fields.failed();
}

void count_sample(knowledge& in, text_id node, const process_event& event, std::uint64_t time, std::uint32_t slot) {
    if (event.snapshot == 0) {
        return;
    }
    snapshot_count& count = in.host(node).processes;
    if (count.number != event.snapshot) {
        count = {.number = event.snapshot, .processes = 0, .began = time};
    }
    ++count.processes;
    count.began = std::min(count.began, time);
    if (slot != no_slot) {
        in.processes.table[slot].snapshot = event.snapshot;
    }
}

// All processes have been told: those that were not told, and of which nothing was heard since, ended unseen.
void end_snapshot(knowledge& in, text_id node, const process_event& event, std::uint64_t time) {
    host_record& told_by = in.host(node);
    told_by.processes_watched_until = event.end_is_watched ? for_good : std::min(told_by.processes_watched_until, time);
    const snapshot_count count = std::exchange(told_by.processes, {});
    if (count.number != event.snapshot || count.processes != event.end_processes || event.end_is_partial) {
        return;
    }
    told_by.processes_told = source_state::synced;
    const std::uint64_t began = event.end_began != 0 ? event.end_began : count.began;
    in.processes.table.each([&](std::uint32_t slot, process_record& process) {
        if (process.node == node && process.ended == 0 && process.snapshot != count.number &&
            process.last_seen < began) {
            end_process(in, slot, began);
        }
    });
}

// One end of a connection, or the whole of it.
struct connection_facts {
    std::optional<ip_address> local;
    std::optional<ip_address> remote;
    std::uint16_t local_port = 0;
    std::uint16_t remote_port = 0;
    std::uint8_t protocol = IPPROTO_TCP;
    bool is_server = false;
    bool is_closed = false;
    std::uint32_t network_namespace = 0;
    std::uint32_t peer_namespace = 0;
    std::uint64_t created = 0;
    std::uint64_t ended = 0;
    process_facts process;
    process_facts peer;
};

bool read_peer(std::span<const std::uint8_t> from, connection_facts& into) {
    wire::reader fields(from);
    while (const auto field = fields.next()) {
        namespace number = numbers::connection;
        switch (field->number) {
        case number::end_pid: into.peer.pid = static_cast<std::uint32_t>(field->value); break;
        case number::end_create_time: into.peer.start = field->value; break;
        case number::end_process_name: into.peer.name = field->text(); break;
        case number::end_cgroup_id: into.peer.cgroup_id = field->value; break;
        case number::end_container_id: into.peer.container_id = field->text(); break;
        case number::end_network_namespace: into.peer_namespace = static_cast<std::uint32_t>(field->value); break;
        default: break;
        }
    }
    return !fields.failed();
}

bool read_connection(std::span<const std::uint8_t> from, connection_facts& into) {
    wire::reader fields(from);
    bool is_whole = true;
    while (const auto field = fields.next()) {
        namespace number = numbers::connection;
        switch (field->number) {
        case number::local_address: into.local = address_of(field->bytes); break;
        case number::local_port: into.local_port = static_cast<std::uint16_t>(field->value); break;
        case number::peer_address: into.remote = address_of(field->bytes); break;
        case number::peer_port: into.remote_port = static_cast<std::uint16_t>(field->value); break;
        case number::transport:
            into.protocol = field->value == number::transport_udp ? IPPROTO_UDP : IPPROTO_TCP;
            break;
        case number::role: into.is_server = field->value == number::role_server; break;
        case number::pid: into.process.pid = static_cast<std::uint32_t>(field->value); break;
        case number::process_create_time: into.process.start = field->value; break;
        case number::process_name: into.process.name = field->text(); break;
        case number::cgroup_id: into.process.cgroup_id = field->value; break;
        case number::container_id: into.process.container_id = field->text(); break;
        case number::network_namespace: into.network_namespace = static_cast<std::uint32_t>(field->value); break;
        case number::created_time: into.created = field->value; break;
        case number::ended_time: into.ended = field->value; break;
        case number::closed: into.is_closed = field->value != 0; break;
        case number::peer: is_whole = read_peer(field->bytes, into) && is_whole; break;
        default: break;
        }
    }
    return is_whole && !fields.failed();
}

void learn_end(knowledge& in, const local_port& end, const std::optional<ip_address>& address, std::uint32_t process) {
    if (!address || end.port == 0 || process == no_slot) {
        return;
    }
    local_port whole = end;
    whole.address = *address;
    whole.process = in.processes.table.handle_of(process);
    in.local_ports.learn(whole);
}

}  // namespace

taken learn_process_event(knowledge& in, const schema::envelope_view& envelope) {
    process_event event;
    in.arguments.clear();
    if (!read_event(envelope, in.settings.process_arguments, event, in.arguments)) {
        return {.malformed = true};
    }
    const text_id node = in.learn_node(envelope.resource.node_name);
    host_record& told_by = in.host(node);
    if (event.kind == event_kind::snapshot_end) {
        end_snapshot(in, node, event, envelope.time);
        return {.state = true};
    }
    if (event.kind == event_kind::source_end) {
        told_by.processes_watched_until = std::min(told_by.processes_watched_until, envelope.time);
        told_by.processes_told = source_state::syncing;
        told_by.processes = {};
        return {.state = true};
    }
    add_origin(envelope, event.facts);
    told_by.processes_told = std::max(told_by.processes_told, source_state::syncing);
    const std::uint32_t slot = learn_process(in, node, event.facts, envelope.time);
    if (event.kind == event_kind::sample) {
        count_sample(in, node, event, envelope.time, slot);
        return {.state = true};
    }
    // Whoever tells events tells ends, unless the mark of a snapshot has said otherwise.
    if (told_by.processes_told != source_state::synced) {
        told_by.processes_watched_until = for_good;
    }
    if (event.kind == event_kind::exit && slot != no_slot) {
        end_process(in, slot, envelope.time);
    }
    return {.state = true, .event = !envelope.snapshot};
}

taken learn_connection(knowledge& in, const schema::envelope_view& envelope) {
    connection_facts connection;
    wire::reader fields(envelope.data);
    bool is_whole = true;
    while (const auto field = fields.next()) {
        if (field->number == numbers::connection_event::connection) {
            is_whole = read_connection(field->bytes, connection) && is_whole;
        }
    }
    if (!is_whole || fields.failed()) {
        return {.malformed = true};
    }
    const text_id node = in.learn_node(envelope.resource.node_name);
    // Facts of a process are as old as its connection at least.
    const std::uint64_t since = connection.created != 0 ? connection.created : envelope.time;
    const std::uint32_t process = learn_process(in, node, connection.process, since);
    const std::uint32_t peer = learn_process(in, node, connection.peer, since);
    local_port end{.head = {},
                   .address = {},
                   .port = connection.local_port,
                   .protocol = connection.protocol,
                   .is_server = connection.is_server,
                   .node = node,
                   .network_namespace = connection.network_namespace,
                   .process = {},
                   .from = since,
                   .until = connection.is_server || !connection.is_closed ? 0 : connection.ended};
    learn_end(in, end, connection.local, process);
    end.port = connection.remote_port;
    end.is_server = !connection.is_server;
    end.network_namespace = connection.peer_namespace;
    end.until = end.is_server || !connection.is_closed ? 0 : connection.ended;
    learn_end(in, end, connection.remote, peer);
    return {.state = process != no_slot || peer != no_slot, .event = true};
}

void learn_origin(knowledge& in, const schema::envelope_view& envelope) {
    if (envelope.cgroup_id == 0 || (envelope.container_id.empty() && envelope.pod_uid.empty())) {
        return;
    }
    const text_id node = in.learn_node(envelope.resource.node_name);
    learn_cgroup(in, node, envelope.cgroup_id, envelope.container_id, envelope.pod_uid);
    if (!envelope.container_id.empty()) {
        static_cast<void>(
            learn_container_cgroup(in, node, envelope.container_id, envelope.cgroup_id, envelope.pod_uid));
    }
}

}  // namespace sonde::enrich_context::store
