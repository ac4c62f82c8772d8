// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/store/knowledge.hpp"

#include <algorithm>
#include <random>

#include "enrich_context/store/membership.hpp"
#include "enrich_context/store/numbers.hpp"

namespace sonde::enrich_context::store {
namespace {

std::uint64_t random_seed() {
    std::random_device random;
    return static_cast<std::uint64_t>(random()) << 32 | random();
}

// Addresses of pods, nodes and services, past ones for a while.
std::size_t claim_limit(const table_limits& limits) {
    return 2 * (limits.pods + limits.containers) + 4 * (limits.services + limits.nodes);
}

}  // namespace

knowledge::knowledge(store_settings from)
    : settings(std::move(from)), seed(random_seed()), texts(seed), hosts(1), processes(settings.limits.processes),
      containers(settings.limits.containers), pods(settings.limits.pods), services(settings.limits.services),
      nodes(settings.limits.nodes), workloads(settings.limits.workloads), namespaces(settings.limits.namespaces),
      endpoints(settings.limits.endpoints), cgroups(settings.limits.cgroups),
      claims(seed, claim_limit(settings.limits)), local_ports(seed, settings.limits.local_ports) {}

text_id knowledge::node_of(std::string_view name) const noexcept {
    if (name.empty() || name == settings.node_name) {
        return 0;
    }
    const text_id known = texts.find(name);
    return known < host_of_name.size() && host_of_name[known] != 0 ? known : unknown_node;
}

text_id knowledge::learn_node(std::string_view name) {
    const text_id known = node_of(name);
    if (known != unknown_node || hosts.size() >= settings.limits.hosts) {
        return known;
    }
    const text_id id = texts.keep(name);
    host_of_name.resize(std::max<std::size_t>(host_of_name.size(), id + 1));
    host_of_name[id] = static_cast<std::uint32_t>(hosts.size());
    hosts.emplace_back();
    return id;
}

void knowledge::set_host(text_id node, std::string_view id, std::span<const std::uint8_t> facts) {
    host_record& of = host(node);
    std::vector<std::uint8_t> section;
    const auto encoded =
        compose(section, [&](wire::writer& out) { out.message(numbers::context::host, [&] { out.raw(facts); }); });
    section.resize(encoded.size());
    if (section == of.section) {
        return;
    }
    of.id = id;
    of.section = std::move(section);
    std::size_t& largest = largest_section[static_cast<std::size_t>(entity_kind::host)];
    largest = std::max(largest, of.section.size());
    ++revision;
}

std::uint32_t knowledge::container_slot(std::string_view id) noexcept {
    return containers.index.find(hash(id), [&](std::uint32_t slot) {
        const container_record& container = containers.table[slot];
        // The key lies beside what is copied next; there is none before the first encoding.
        const std::string_view key = container.told.key();
        return key.empty() ? view(container.id) == id : key.substr(container_prefix.size()) == id;
    });
}

std::uint32_t knowledge::pod_slot(std::string_view uid) noexcept {
    return pods.index.find(hash(uid), [&](std::uint32_t slot) {
        const pod_record& pod = pods.table[slot];
        const std::string_view key = pod.told.key();
        const bool is_it = key.empty() ? view(pod.uid) == uid : key.substr(pod_prefix.size()) == uid;
        return is_it || (pod.alias != 0 && view(pod.alias) == uid);
    });
}

std::uint32_t knowledge::service_slot(text_id name_space, text_id name) noexcept {
    return services.index.find(hash(name_space, name), [&](std::uint32_t slot) {
        const service_record& service = services.table[slot];
        return service.name_space == name_space && service.name == name;
    });
}

std::uint32_t knowledge::node_slot(text_id name) noexcept {
    return nodes.index.find(hash(name, 0), [&](std::uint32_t slot) { return nodes.table[slot].name == name; });
}

std::uint32_t knowledge::workload_slot(text_id uid) noexcept {
    return workloads.index.find(hash(uid, 0), [&](std::uint32_t slot) { return workloads.table[slot].uid == uid; });
}

std::uint32_t knowledge::cgroup_slot(text_id node, std::uint64_t id) noexcept {
    return cgroups.index.find(hash(id, node), [&](std::uint32_t slot) {
        const cgroup_record& cgroup = cgroups.table[slot];
        return cgroup.id == id && cgroup.node == node;
    });
}

}  // namespace sonde::enrich_context::store
