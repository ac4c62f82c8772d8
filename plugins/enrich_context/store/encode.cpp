// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/store/encode.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "enrich_context/store/address.hpp"
#include "enrich_context/store/changes.hpp"
#include "enrich_context/store/numbers.hpp"

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

void time_if(wire::writer& out, std::uint32_t field, std::uint64_t at) {
    if (at != 0) {
        out.fixed64(field, at);
    }
}

bool is_listed(std::string_view name, const std::vector<std::string>& list) {
    return std::ranges::any_of(list, [&](std::string_view each) {
        return each.ends_with('*') ? name.starts_with(each.substr(0, each.size() - 1)) : name == each;
    });
}

void write_workload(const knowledge& in, const reference_record& what, text_id name_space, wire::writer& out) {
    out.text_if(numbers::workload::kind, in.view(what.kind));
    out.text_if(numbers::workload::name, in.view(what.name));
    out.text_if(numbers::workload::uid, in.view(what.uid));
    out.text_if(numbers::workload::name_space, in.view(name_space));
}

void write_addresses(wire::writer& out, std::uint32_t field, const std::vector<ip_address>& addresses) {
    for (const ip_address& each : addresses) {
        out.bytes(field, shortest(each));
    }
}

void write_process(const knowledge& in, const process_record& process, wire::writer& out) {
    out.uint(numbers::process::pid, process.pid);
    time_if(out, numbers::process::create_time, process.start);
    out.uint_if(numbers::process::parent_pid, process.parent);
    out.text_if(numbers::process::name, in.view(process.name));
    out.text_if(numbers::process::executable_path, in.view(process.executable));
    if (process.user) {
        out.uint(numbers::process::user_id, *process.user);
    }
    out.uint_if(numbers::process::cgroup_id, process.cgroup_id);
    out.text_if(numbers::process::container_id, in.view(process.container_id));
    out.uint_if(numbers::process::is_exited, process.ended != 0 ? 1 : 0);
}

void write_service(const knowledge& in, const service_record& service, wire::writer& out) {
    out.text_if(numbers::service::name_space, in.view(service.name_space));
    out.text_if(numbers::service::name, in.view(service.name));
    out.text_if(numbers::service::uid, in.view(service.uid));
    write_addresses(out, numbers::service::cluster_ip_addresses, service.addresses);
    out.text_if(numbers::service::type, in.view(service.type));
}

void write_pod(knowledge& in, const pod_record& pod, const workload_answer& workload, wire::writer& out) {
    out.text_if(numbers::pod::uid, in.view(pod.uid));
    out.text_if(numbers::pod::name, in.view(pod.name));
    out.text_if(numbers::pod::name_space, in.view(pod.name_space));
    out.text_if(numbers::pod::node_name, in.view(pod.node));
    write_addresses(out, numbers::pod::ip_addresses, pod.addresses);
    out.uint_if(numbers::pod::is_host_network, pod.is_host_network ? 1 : 0);
    time_if(out, numbers::pod::start_time, pod.started);
    out.text_if(numbers::pod::phase, in.view(pod.phase));
    for (const text_id each : pod.labels) {
        const std::string_view label = in.view(each);
        const std::size_t end = label.find('\0');
        if (is_listed(label.substr(0, end), in.settings.labels.pods)) {
            out.entry(numbers::pod::labels, label.substr(0, end), label.substr(end + 1));
        }
    }
    if (workload.what.kind != 0) {
        out.message(numbers::pod::workload, [&] { write_workload(in, workload.what, pod.name_space, out); });
    }
    out.text_if(numbers::pod::service_account, in.view(pod.service_account));
    out.uint_if(numbers::pod::is_static, pod.is_static ? 1 : 0);
}

// The uid of a static pod's cgroup is no uid that anybody else knows.
std::string_view told_pod_uid(knowledge& in, const container_record& container, text_id uid) {
    const std::string_view text = in.view(uid);
    const pod_record* pod = in.pods.table.get(container.pod);
    if (pod == nullptr && !text.empty()) {
        const std::uint32_t slot = in.pod_slot(text);
        pod = slot == no_slot ? nullptr : &in.pods.table[slot];
    }
    if (pod != nullptr) {
        return in.view(pod->uid);
    }
    return text.contains('-') ? text : std::string_view{};
}

void write_container(knowledge& in, const container_record& container, wire::writer& out) {
    const container_facts facts = merged(container);
    out.text_if(numbers::container::id, in.view(container.id));
    out.text_if(numbers::container::name, in.view(facts.name));
    out.text_if(numbers::container::runtime, in.view(facts.runtime));
    out.text_if(numbers::container::image_name, in.view(facts.image_name));
    out.text_if(numbers::container::image_tag, in.view(facts.image_tag));
    out.text_if(numbers::container::image_id, in.view(facts.image_id));
    out.text_if(numbers::container::pod_uid, told_pod_uid(in, container, facts.pod_uid));
    time_if(out, numbers::container::created_time, facts.created);
    time_if(out, numbers::container::started_time, facts.started);
    time_if(out, numbers::container::finished_time, facts.finished);
    if (facts.exit_code) {
        out.uint(numbers::container::exit_code,
                 static_cast<std::uint64_t>(static_cast<std::int64_t>(*facts.exit_code)));
    }
    out.uint_if(numbers::container::cgroup_id, facts.cgroup_id);
    out.uint_if(numbers::container::init_pid, facts.init_pid);
    wire::reader labels({reinterpret_cast<const std::uint8_t*>(facts.labels.data()), facts.labels.size()});
    while (const auto label = labels.next()) {
        out.bytes(numbers::container::labels, label->bytes);
    }
    out.uint_if(numbers::container::type, static_cast<std::uint64_t>(facts.type));
    out.uint_if(numbers::container::restart_count, facts.restarts);
}

bool ends_chain(std::string_view kind) noexcept {
    return kind == "Deployment" || kind == "StatefulSet" || kind == "DaemonSet" || kind == "CronJob";
}

// `arguments` are encoded as in ProcessContext.
void write_arguments(knowledge& in, std::string_view arguments, wire::writer& out) {
    std::vector<std::string_view> words;
    wire::reader rest({reinterpret_cast<const std::uint8_t*>(arguments.data()), arguments.size()});
    while (const auto argument = rest.next()) {
        out.bytes(numbers::process::command_args, argument->bytes);
        if (in.settings.service_name != nullptr) {
            words.push_back(argument->text());
        }
    }
    if (!words.empty()) {
        out.text_if(numbers::process::service_name, in.settings.service_name(words));
    }
}

}  // namespace

void write_service_with_pods(knowledge& in, const service_record& service, wire::writer& out) {
    write_service(in, service, out);
    for (const std::uint32_t slot : service.pods) {
        out.text(numbers::service::pod_uids, in.view(in.pods.table[slot].uid));
    }
}

void append_listed(const std::vector<std::string>& list, std::uint32_t number, std::string_view name,
                   std::string_view value, std::string& to) {
    if (!is_listed(name, list)) {
        return;
    }
    constexpr std::size_t most_overhead = 80;  // of tags and lengths, as the writer reckons
    const std::size_t before = to.size();
    to.resize(before + name.size() + value.size() + most_overhead);
    wire::writer out({reinterpret_cast<std::uint8_t*>(to.data()) + before, to.size() - before});
    out.entry(number, name, value);
    to.resize(before + out.size());
}

container_facts merged(const container_record& container) {
    container_facts all;
    for (const auto& source : container.facts) {
        if (!source) {
            continue;
        }
        const auto fill = [](auto& into, const auto& from) {
            if (into == std::remove_reference_t<decltype(into)>{}) {
                into = from;
            }
        };
        fill(all.name, source->name);
        fill(all.runtime, source->runtime);
        fill(all.image_name, source->image_name);
        // Parts of one name: not the tag of one source with the name of another.
        if (all.image_name == source->image_name) {
            fill(all.image_tag, source->image_tag);
        }
        fill(all.image_id, source->image_id);
        fill(all.pod_uid, source->pod_uid);
        fill(all.created, source->created);
        fill(all.started, source->started);
        fill(all.finished, source->finished);
        fill(all.cgroup_id, source->cgroup_id);
        fill(all.init_pid, source->init_pid);
        fill(all.restarts, source->restarts);
        fill(all.exit_code, source->exit_code);
        fill(all.type, source->type);
        fill(all.labels, source->labels);
    }
    return all;
}

workload_answer workload_of(knowledge& in, const pod_record& pod) {
    if (!pod.has_status) {
        return {{}, in.round_of(object_kind::pod).state == source_state::none ? reason::no_source : reason::not_synced};
    }
    if (pod.owner.kind == 0 || pod.is_static) {
        return {{}, reason::not_applicable};
    }
    const std::string_view kind = in.view(pod.owner.kind);
    if (kind != "ReplicaSet" && kind != "Job") {
        return {pod.owner, reason::none};
    }
    if (const std::uint32_t slot = in.workload_slot(pod.owner.uid); slot != no_slot) {
        const workload_record& between = in.workloads.table[slot];
        return {between.owner.kind == 0 ? pod.owner : between.owner, reason::none};
    }
    if (ends_chain(in.view(pod.top_owner.kind))) {
        return {pod.top_owner, reason::none};
    }
    switch (in.round_of(kind == "Job" ? object_kind::job : object_kind::replica_set).state) {
    case source_state::none: return {pod.owner, reason::no_source};
    case source_state::syncing: return {pod.owner, reason::not_synced};
    case source_state::synced: break;
    }
    return {pod.owner, in.forgotten.contains(in.hash(in.view(pod.owner.uid))) ? reason::evicted : reason::not_found};
}

void knowledge::refresh_process(std::uint32_t slot, bool is_news) {
    const process_record& process = processes.table[slot];
    key_buffer.clear();
    // Its host as it names itself; by the name of the node while it has not.
    const std::string& id = host(process.node).id;
    const std::string_view where = id.empty() && process.node != 0 ? view(process.node) : std::string_view(id);
    fmt::format_to(std::back_inserter(key_buffer), "process:{}/{}/{}", where, process.pid, process.start);
    refresh(*this, entity_kind::process, numbers::context::process, processes.table, slot, is_news,
            [&](const process_record& of, wire::writer& out) {
                write_process(*this, of, out);
                write_arguments(*this, of.arguments, out);
            });
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
            [&](const pod_record& of, wire::writer& out) { write_pod(*this, of, workload, out); });
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
                                    [&](const node_record& of, wire::writer& out) {
                                        out.text_if(numbers::node::name, view(of.name));
                                        out.text_if(numbers::node::uid, view(of.uid));
                                        write_addresses(out, numbers::node::ip_addresses, of.addresses);
                                        out.text_if(numbers::node::zone, view(of.zone));
                                        out.text_if(numbers::node::region, view(of.region));
                                        out.text_if(numbers::node::provider_id, view(of.provider));
                                        out.text_if(numbers::node::kubelet_version, view(of.kubelet));
                                    });
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
            is_news, [&](const namespace_record& of, wire::writer& out) {
                out.text_if(numbers::name_space::name, view(of.name));
                out.text_if(numbers::name_space::uid, view(of.uid));
                wire::reader labels({reinterpret_cast<const std::uint8_t*>(of.labels.data()), of.labels.size()});
                while (const auto label = labels.next()) {
                    out.bytes(numbers::name_space::labels, label->bytes);
                }
            });
}

}  // namespace sonde::enrich_context::store
