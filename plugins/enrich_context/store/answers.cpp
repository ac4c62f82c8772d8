// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/store/answers.hpp"

#include <algorithm>

#include "enrich_context/store/address.hpp"
#include "enrich_context/store/composer.hpp"
#include "enrich_context/store/find_records.hpp"

namespace sonde::enrich_context::store {
namespace {

using section = composer::section;

// Fields of an answer that depend on what kinds of sources there are.
reason why_unknown(source_state state) noexcept {
    switch (state) {
    case source_state::none: return reason::no_source;
    case source_state::syncing: return reason::not_synced;
    case source_state::synced: break;
    }
    return reason::not_found;
}

reason why_no_pod(knowledge& in, std::string_view uid) noexcept {
    return in.forgotten.contains(in.hash(uid)) ? reason::evicted : why_unknown(in.round_of(object_kind::pod).state);
}

bool is_young(const knowledge& in, std::uint64_t time) noexcept {
    const auto delay = static_cast<std::uint64_t>(in.settings.source_delay.count());
    return time + delay >= in.time_now();
}

// A pod with all that belongs to it.
void compose_pod(knowledge& in, composer& out, pod_record& pod) {
    out.add_surrounded(pod);
    if (pod.workload_missing != reason::none) {
        out.miss(section::workload, pod.workload_missing);
    }
    if (pod.services.empty()) {
        const reason why = why_unknown(in.round_of(object_kind::service).state);
        out.miss(section::service, why == reason::not_found ? reason::not_applicable : why);
    }
}

void compose_container(knowledge& in, composer& out, const found_container& container) {
    if (container.record != nullptr) {
        out.add_record(*container.record);
        return;
    }
    reason why = container.missing;
    if (why == reason::not_found && !container.id.empty() && in.forgotten.contains(in.hash(container.id))) {
        why = reason::evicted;
    }
    out.miss(section::container, why);
}

// Why a container's pod is not there, if no uid of one is known.
reason why_no_uid(knowledge& in, const found_container& container) noexcept {
    if (container.record == nullptr) {
        return container.missing;
    }
    const bool is_outside_of_pods =
        container.record->facts[static_cast<std::size_t>(container_source::runtime)] != nullptr;
    return is_outside_of_pods ? reason::not_applicable : why_unknown(in.round_of(object_kind::pod).state);
}

struct port_holder {
    process_record* process = nullptr;
    container_record* container = nullptr;
    bool is_found = false;
};

// The processes behind a port of this host: one, or several of one container, say what is there.
port_holder holder_of(knowledge& in, const remote& where, text_id node, std::uint64_t time) {
    port_holder found;
    bool is_same_container = true;
    in.local_ports.each_at(where, node, time, [&](const local_port& end) {
        process_record* const process = in.processes.table.get(end.process);
        if (process == nullptr || process->start > time || (process->ended != 0 && process->ended < time)) {
            return;
        }
        container_record* const container = in.containers.table.get(process->container);
        if (!found.is_found) {
            found = {process, container, true};
            return;
        }
        found.process = found.process == process ? process : nullptr;
        is_same_container = is_same_container && found.container == container;
    });
    if (!is_same_container) {
        return {};
    }
    return found;
}

bool compose_port(knowledge& in, composer& out, const remote& where, text_id node, std::uint64_t time) {
    const port_holder holder = holder_of(in, where, node, time);
    if (!holder.is_found || (holder.process == nullptr && holder.container == nullptr)) {
        return false;
    }
    if (holder.process != nullptr) {
        out.add_record(*holder.process);
    } else {
        out.miss(section::process, reason::ambiguous);
    }
    if (holder.container == nullptr) {
        out.miss(section::container,
                 holder.process->is_outside ? reason::not_applicable : why_unknown(in.containers_told));
        return true;
    }
    const std::string_view key = holder.container->told.key();
    out.add_record(*holder.container);
    if (pod_record* const pod = pod_of(in, *holder.container); pod != nullptr) {
        compose_pod(in, out, *pod);
    } else {
        const std::string_view uid = in.view(holder.container->pod_uid);
        if (uid.empty()) {
            out.miss(section::pod, why_no_uid(in, {holder.container, {}, reason::none}));
        } else {
            out.await_pod(why_no_pod(in, uid));
        }
    }
    out.about(holder.process != nullptr ? holder.process->told.key() : key);
    return true;
}

// The service at an address: its own, or a node's with one of its ports.
struct found_service {
    service_record* record = nullptr;
    bool is_ambiguous = false;

    void take(service_record* other) noexcept {
        is_ambiguous = is_ambiguous || (record != nullptr && record != other);
        record = other;
    }
};

struct found_addresses {
    found_service service;
    node_record* node = nullptr;
};

found_addresses owners_of(knowledge& in, const remote& where, std::uint64_t time) {
    found_addresses found;
    const node_port wanted{where.port, where.protocol};
    in.claims.each_at(where.address, time, [&](const claim& one) {
        if (one.kind == entity_kind::node) {
            found.node = in.nodes.table.get(one.owner);
        } else if (one.kind == entity_kind::service) {
            service_record* const service = in.services.table.get(one.owner);
            const bool has_port =
                service != nullptr && std::ranges::find(service->ports, wanted) != service->ports.end();
            if (service != nullptr && (!one.is_external || has_port)) {
                found.service.take(service);
            }
        }
    });
    if (found.node != nullptr && found.service.record == nullptr) {
        in.services_by_node_port.each(in.hash(where.port, where.protocol), [&](std::uint32_t slot) {
            service_record& service = in.services.table[slot];
            const bool has_port = std::ranges::find(service.node_ports, wanted) != service.node_ports.end();
            if (has_port && service.created <= time && (service.ended == 0 || time <= service.ended)) {
                found.service.take(&service);
            }
        });
    }
    return found;
}

// An address that nobody owns as it looks: no pod of the cluster, or of one that is not told of yet.
reason why_no_owner(knowledge& in) noexcept {
    const source_state pods = in.round_of(object_kind::pod).state;
    const source_state services = in.round_of(object_kind::service).state;
    if (pods == source_state::none && services == source_state::none) {
        return reason::no_source;
    }
    return pods == source_state::syncing || services == source_state::syncing ? reason::not_synced : reason::not_found;
}

bool compose_owner(knowledge& in, composer& out, const remote& where, std::uint64_t time) {
    const found_addresses owners = owners_of(in, where, time);
    if (owners.node == nullptr && owners.service.record == nullptr) {
        return false;
    }
    if (owners.node != nullptr) {
        out.add_record(*owners.node);
    }
    // Pods behind a service take turns, and pods of the host's network share the node's address.
    out.miss(section::pod, reason::ambiguous);
    if (owners.service.is_ambiguous) {
        out.miss(section::service, reason::ambiguous);
    } else if (owners.service.record != nullptr) {
        out.add_record(*owners.service.record);
    }
    return true;
}

void compose_endpoint(knowledge& in, composer& out, const remote& where, text_id node, std::uint64_t time) {
    const claim_table::holder holder = in.claims.endpoint_at(where.address, time, node);
    if (holder.is_ambiguous) {
        out.miss(section::pod, reason::ambiguous);
        return;
    }
    if (holder.of != nullptr && holder.of->kind == entity_kind::pod) {
        if (pod_record* const pod = in.pods.table.get(holder.of->owner); pod != nullptr) {
            const std::string_view key = pod->told.key();
            compose_pod(in, out, *pod);
            out.about(key);
            return;
        }
    }
    if (holder.of != nullptr && holder.of->kind == entity_kind::container) {
        if (container_record* const container = in.containers.table.get(holder.of->owner); container != nullptr) {
            out.add_record(*container);
            out.miss(section::pod, reason::not_applicable);
            return;
        }
    }
    out.miss(section::pod, why_no_owner(in));
}

// It happened on another machine, whose pids and control groups the host that tells of it does not number.
bool is_elsewhere(const host_record& teller, const subject& who) noexcept {
    return !who.machine_id.empty() && !teller.id.empty() && who.machine_id != teller.id;
}

}  // namespace

answer find_subject(knowledge& in, const subject& who) {
    const text_id node = in.node_of(who.node_name);
    const host_record& host = in.host(node);
    if (is_elsewhere(host, who)) {
        return find_subject(in, {.node_name = who.machine_id,
                                 .container_id = who.container_id,
                                 .pod_uid = who.pod_uid,
                                 .pod_name = who.pod_name,
                                 .pod_namespace = who.pod_namespace,
                                 .time = who.time});
    }
    composer out(in.context_buffer);
    const std::uint64_t time = who.time == 0 ? in.time_now() : who.time;
    out.add(host.section);
    const found_process process = process_at(in, who, node, time);
    const found_container container = container_at(in, who, node, process);
    const found_pod pod = pod_at(in, who, time, container);
    // From the largest to the smallest, so that the key of the last one found is the most specific.
    if (pod.record != nullptr) {
        compose_pod(in, out, *pod.record);
        out.about(pod.record->told.key());
    } else if (who.pid != 0 || who.cgroup_id != 0 || !who.container_id.empty() || pod.is_asked) {
        if (pod.missing != reason::none) {
            out.miss(section::pod, pod.missing);
        } else if (!pod.uid.empty()) {
            out.await_pod(why_no_pod(in, pod.uid));
        } else {
            out.miss(section::pod, why_no_uid(in, container));
        }
    }
    if (container.record != nullptr || who.pid != 0 || who.cgroup_id != 0 || !who.container_id.empty()) {
        compose_container(in, out, container);
    }
    if (process.record != nullptr) {
        out.add_record(*process.record);
    } else if (who.pid != 0) {
        out.miss(section::process, process.missing);
    }
    return out.finish(is_young(in, time));
}

answer find_remote(knowledge& in, const remote& where) {
    composer out(in.peer_buffer);
    const text_id node = in.node_of(where.node_name);
    const std::uint64_t time = where.time == 0 ? in.time_now() : where.time;
    if (compose_port(in, out, where, node, time)) {
        return out.finish(is_young(in, time));
    }
    if (is_loopback(where.address)) {
        out.miss(section::process, why_unknown(in.host(node).processes_told));
        return out.finish(is_young(in, time));
    }
    if (!compose_owner(in, out, where, time)) {
        compose_endpoint(in, out, where, node, time);
    }
    return out.finish(is_young(in, time));
}

void reserve_answers(knowledge& in) {
    const auto largest = [&](entity_kind kind) { return in.largest_section[static_cast<std::size_t>(kind)]; };
    const std::size_t size = largest(entity_kind::host) + largest(entity_kind::process) +
                             largest(entity_kind::container) + largest(entity_kind::pod) + largest(entity_kind::node) +
                             largest(entity_kind::service) + most_missing_size;
    if (in.context_buffer.size() < size) {
        in.context_buffer.resize(size + size / 2);
        in.peer_buffer.resize(size + size / 2);
    }
}

}  // namespace sonde::enrich_context::store
