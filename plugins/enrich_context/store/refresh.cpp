// SPDX-License-Identifier: Apache-2.0
// After a record has changed: its key and its section are written anew, and whoever is told of changes is told.
#include <algorithm>

#include <fmt/format.h>

#include "enrich_context/store/changes.hpp"
#include "enrich_context/store/encode.hpp"
#include "enrich_context/store/numbers.hpp"
#include "enrich_context/store/workload_of.hpp"

namespace sonde::enrich_context::store {
namespace {

// Encodes a record with the key in the key buffer and `fill`, and notes a change. False if the bytes stay what they
// were.
template <class Record, class Fill>
bool refresh(knowledge& in, entity_kind kind, std::uint32_t context_field, slot_table<Record>& table,
             std::uint32_t slot, bool is_news, Fill&& fill) {
    Record& record = table[slot];
    const auto section =
        compose(in.bytes, [&](wire::writer& out) { out.message(context_field, [&] { fill(record, out); }); });
    std::size_t& largest = in.largest_section[static_cast<std::size_t>(kind)];
    largest = std::max(largest, section.size());
    const bool is_changed = record.told.assign(in.key_buffer, section);
    if (is_changed || is_news) {
        note_change(in, kind, table, slot);
    }
    return is_changed;
}

}  // namespace

void knowledge::refresh_process(std::uint32_t slot, bool is_news) {
    const process_record& process = processes.table[slot];
    key_buffer.clear();
    // Its host as it names itself; by the name of the node while it has not.
    const std::string& id = host(process.node).id;
    const std::string_view where = id.empty() && process.node != 0 ? view(process.node) : std::string_view(id);
    fmt::format_to(std::back_inserter(key_buffer), "process:{}/{}/{}", where, process.pid, process.start);
    refresh(*this, entity_kind::process, numbers::context::process, processes.table, slot, is_news,
            [&](const process_record& of, wire::writer& out) { write_process(*this, of, out); });
}

void knowledge::refresh_container(std::uint32_t slot, bool is_news) {
    key_buffer.assign(container_prefix).append(view(containers.table[slot].id));
    refresh(*this, entity_kind::container, numbers::context::container, containers.table, slot, is_news,
            [&](const container_record& of, wire::writer& out) { write_container(*this, of, out); });
}

void knowledge::refresh_pod(std::uint32_t slot, bool is_news) {
    pod_record& pod = pods.table[slot];
    const workload_answer workload = workload_of(*this, pod);
    pod.workload_missing = workload.missing;
    key_buffer.assign(pod_prefix).append(view(pod.uid));
    refresh(*this, entity_kind::pod, numbers::context::pod, pods.table, slot, is_news,
            [&](const pod_record& of, wire::writer& out) { write_pod(*this, of, workload.what, out); });
    surround_pod(slot);
}

void knowledge::surround_pod(std::uint32_t slot) {
    pod_record& pod = pods.table[slot];
    if (pod.told.key().empty()) {
        return;
    }
    surroundings.clear();
    const auto append = [&](const encoded& other) {
        surroundings.insert(surroundings.end(), other.section().begin(), other.section().end());
    };
    if (const std::uint32_t node = pod.node == 0 ? no_slot : node_slot(pod.node); node != no_slot) {
        append(nodes.table[node].told);
    }
    for (std::size_t i = 0; i < std::min(most_services, pod.services.size()); ++i) {
        append(services.table[pod.services[i]].told);
    }
    pod.told.surround(surroundings);
    std::size_t& largest = largest_section[static_cast<std::size_t>(entity_kind::pod)];
    largest = std::max(largest, pod.told.section_and_surroundings().size());
}

void knowledge::surround_pods_of_node(text_id node) {
    pods.table.each([&](std::uint32_t slot, const pod_record& pod) {
        if (pod.node == node) {
            surround_pod(slot);
        }
    });
}

void knowledge::refresh_service(std::uint32_t slot, bool is_news) {
    const service_record& service = services.table[slot];
    key_buffer.assign("service:").append(view(service.name_space)).append("/").append(view(service.name));
    const bool is_changed =
        refresh(*this, entity_kind::service, numbers::context::services, services.table, slot, is_news,
                [&](const service_record& of, wire::writer& out) { write_service(*this, of, out); });
    if (is_changed) {
        for (const std::uint32_t pod : service.pods) {
            surround_pod(pod);
        }
    }
}

void knowledge::refresh_node(std::uint32_t slot, bool is_news) {
    key_buffer.assign("node:").append(view(nodes.table[slot].name));
    const bool is_changed = refresh(*this, entity_kind::node, numbers::context::node, nodes.table, slot, is_news,
                                    [&](const node_record& of, wire::writer& out) { write_node(*this, of, out); });
    if (is_changed) {
        surround_pods_of_node(nodes.table[slot].name);
    }
}

void knowledge::refresh_workload(std::uint32_t slot, bool is_news) {
    const workload_record& workload = workloads.table[slot];
    key_buffer.assign("workload:").append(view(workload.name_space)).append("/").append(view(workload.kind));
    key_buffer.append("/").append(view(workload.name));
    refresh(*this, entity_kind::workload,
            numbers::event::entity_field(static_cast<std::uint32_t>(entity_kind::workload)), workloads.table, slot,
            is_news, [&](const workload_record& of, wire::writer& out) {
                write_workload(*this, {of.kind, of.name, of.uid}, of.name_space, out);
            });
}

void knowledge::refresh_namespace(std::uint32_t slot, bool is_news) {
    key_buffer.assign("namespace:").append(view(namespaces.table[slot].name));
    refresh(*this, entity_kind::name_space,
            numbers::event::entity_field(static_cast<std::uint32_t>(entity_kind::name_space)), namespaces.table, slot,
            is_news, [&](const namespace_record& of, wire::writer& out) { write_namespace(*this, of, out); });
}

}  // namespace sonde::enrich_context::store
