// SPDX-License-Identifier: Apache-2.0
// How records go: out of every index and list that names them.
#include <algorithm>

#include "enrich_context/store/changes.hpp"
#include "enrich_context/store/membership.hpp"

namespace sonde::enrich_context::store {
namespace {

void drop_claims(knowledge& in, std::vector<std::uint32_t>& claims) {
    for (const std::uint32_t each : claims) {
        in.claims.remove(each);
    }
    claims.clear();
}

std::uint64_t port_key(const knowledge& in, node_port port) { return in.hash(port.port, port.protocol); }

}  // namespace

void knowledge::forget_process(std::uint32_t slot) {
    process_record& process = processes.table[slot];
    note_last_word(*this, entity_kind::process, process.head, process.told);
    if (container_record* const container = containers.table.get(process.container);
        container != nullptr && !process.head.is_deleted && container->processes > 0) {
        --container->processes;
    }
    const std::uint64_t key = hash(process.pid, process.node);
    forgotten.add(key);
    processes.index.erase(key, slot);
    drop_texts(process);
    processes.table.remove(slot);
}

void knowledge::forget_container(std::uint32_t slot) {
    container_record& container = containers.table[slot];
    note_last_word(*this, entity_kind::container, container.head, container.told);
    drop_claims(*this, container.claims);
    const std::uint64_t key = hash(view(container.id));
    forgotten.add(key);
    containers.index.erase(key, slot);
    drop_texts(container);
    containers.table.remove(slot);
}

void knowledge::forget_pod(std::uint32_t slot) {
    unmatch_pod(*this, slot);
    pod_record& pod = pods.table[slot];
    note_last_word(*this, entity_kind::pod, pod.head, pod.told);
    drop_claims(*this, pod.claims);
    leave_namespace(*this, slot);
    const std::uint64_t key = hash(view(pod.uid));
    forgotten.add(key);
    forgotten.add(hash(hash(view(pod.name_space)), hash(view(pod.name))));
    pods.index.erase(key, slot);
    if (pod.alias != 0) {
        pods.index.erase(hash(view(pod.alias)), slot);
    }
    pods_by_name.erase(hash(pod.name_space, pod.name), slot);
    drop_texts(pod);
    pods.table.remove(slot);
}

void knowledge::forget_service(std::uint32_t slot) {
    unmatch_service(*this, slot);
    service_record& service = services.table[slot];
    note_last_word(*this, entity_kind::service, service.head, service.told);
    drop_claims(*this, service.claims);
    for (const node_port port : service.node_ports) {
        services_by_node_port.erase(port_key(*this, port), slot);
    }
    const auto in_namespace = services_of_namespace.find(service.name_space);
    std::erase(in_namespace->second, slot);
    if (in_namespace->second.empty()) {
        services_of_namespace.erase(in_namespace);
    }
    services.index.erase(hash(service.name_space, service.name), slot);
    drop_texts(service);
    services.table.remove(slot);
}

void knowledge::forget_node(std::uint32_t slot) {
    node_record& node = nodes.table[slot];
    note_last_word(*this, entity_kind::node, node.head, node.told);
    drop_claims(*this, node.claims);
    nodes.index.erase(hash(node.name, 0), slot);
    surround_pods_of_node(node.name);
    drop_texts(node);
    nodes.table.remove(slot);
}

void knowledge::forget_workload(std::uint32_t slot) {
    workload_record& workload = workloads.table[slot];
    note_last_word(*this, entity_kind::workload, workload.head, workload.told);
    forgotten.add(hash(view(workload.uid)));
    workloads.index.erase(hash(workload.uid, 0), slot);
    drop_texts(workload);
    workloads.table.remove(slot);
}

void knowledge::forget_namespace(std::uint32_t slot) {
    namespace_record& name_space = namespaces.table[slot];
    note_last_word(*this, entity_kind::name_space, name_space.head, name_space.told);
    namespaces.index.erase(hash(name_space.name, 0), slot);
    drop_texts(name_space);
    namespaces.table.remove(slot);
}

void knowledge::forget_endpoints(std::uint32_t slot) {
    endpoints_record& one = endpoints.table[slot];
    for (const text_id uid : one.pod_uids) {
        endpoints_by_pod.erase(hash(view(uid)), slot);
    }
    endpoints_by_service.erase(hash(one.name_space, one.service), slot);
    endpoints.index.erase(hash(hash(one.name_space, one.kind), one.name), slot);
    drop_texts(one);
    endpoints.table.remove(slot);
}

void knowledge::forget_cgroup(std::uint32_t slot) {
    cgroup_record& cgroup = cgroups.table[slot];
    cgroups.index.erase(hash(cgroup.id, cgroup.node), slot);
    drop_texts(cgroup);
    cgroups.table.remove(slot);
}

}  // namespace sonde::enrich_context::store
