// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/store/membership.hpp"

#include <algorithm>

#include "enrich_context/store/changes.hpp"

namespace sonde::enrich_context::store {
namespace {

using slots = std::vector<std::uint32_t>;

bool insert_sorted(slots& into, std::uint32_t slot) {
    const auto at = std::ranges::lower_bound(into, slot);
    if (at != into.end() && *at == slot) {
        return false;
    }
    into.insert(at, slot);
    return true;
}

bool erase_sorted(slots& from, std::uint32_t slot) {
    const auto at = std::ranges::lower_bound(from, slot);
    if (at == from.end() || *at != slot) {
        return false;
    }
    from.erase(at);
    return true;
}

bool can_serve(const pod_record& pod) noexcept { return pod.has_status && !pod.head.is_deleted && !pod.is_finished; }

bool has_endpoint(knowledge& in, const service_record& service, const pod_record& pod) {
    const std::uint64_t key = in.hash(in.view(pod.uid));
    return no_slot != in.endpoints_by_pod.find(key, [&](std::uint32_t slot) {
        const endpoints_record& endpoints = in.endpoints.table[slot];
        return endpoints.name_space == service.name_space && endpoints.service == service.name &&
               std::ranges::binary_search(endpoints.pod_uids, pod.uid);
    });
}

bool selects(knowledge& in, const service_record& service, const pod_record& pod) {
    if (service.head.is_deleted || !service.has_object || !can_serve(pod)) {
        return false;
    }
    return service.selector.empty() ? has_endpoint(in, service, pod)
                                    : std::ranges::includes(pod.labels, service.selector);
}

// Makes the pair what it should be; true if that is a change.
bool match(knowledge& in, std::uint32_t service_slot, std::uint32_t pod_slot) {
    service_record& service = in.services.table[service_slot];
    pod_record& pod = in.pods.table[pod_slot];
    if (selects(in, service, pod)) {
        insert_sorted(pod.services, service_slot);
        return insert_sorted(service.pods, pod_slot);
    }
    erase_sorted(pod.services, service_slot);
    return erase_sorted(service.pods, pod_slot);
}

}  // namespace

void match_pod(knowledge& in, std::uint32_t pod) {
    const auto services = in.services_of_namespace.find(in.pods.table[pod].name_space);
    if (services == in.services_of_namespace.end()) {
        return;
    }
    bool is_changed = false;
    for (const std::uint32_t service : services->second) {
        if (match(in, service, pod)) {
            is_changed = true;
            note_change(in, entity_kind::service, in.services.table, service);
        }
    }
    if (is_changed) {
        in.surround_pod(pod);
    }
}

void match_service(knowledge& in, std::uint32_t service) {
    bool is_changed = false;
    each_pod_of_namespace(in, in.services.table[service].name_space, [&](std::uint32_t pod) {
        if (match(in, service, pod)) {
            is_changed = true;
            in.surround_pod(pod);
        }
    });
    if (is_changed) {
        note_change(in, entity_kind::service, in.services.table, service);
    }
}

void unmatch_pod(knowledge& in, std::uint32_t pod) {
    for (const std::uint32_t service : in.pods.table[pod].services) {
        erase_sorted(in.services.table[service].pods, pod);
        note_change(in, entity_kind::service, in.services.table, service);
    }
    in.pods.table[pod].services.clear();
}

void unmatch_service(knowledge& in, std::uint32_t service) {
    for (const std::uint32_t pod : in.services.table[service].pods) {
        erase_sorted(in.pods.table[pod].services, service);
        in.surround_pod(pod);
    }
    in.services.table[service].pods.clear();
}

void enter_namespace(knowledge& in, std::uint32_t slot) {
    pod_record& pod = in.pods.table[slot];
    const auto [first, is_new] = in.first_pod_of_namespace.try_emplace(pod.name_space, no_slot);
    pod.previous_in_namespace = no_slot;
    pod.next_in_namespace = first->second;
    if (first->second != no_slot) {
        in.pods.table[first->second].previous_in_namespace = slot;
    }
    first->second = slot;
}

void leave_namespace(knowledge& in, std::uint32_t slot) {
    const pod_record& pod = in.pods.table[slot];
    if (pod.next_in_namespace != no_slot) {
        in.pods.table[pod.next_in_namespace].previous_in_namespace = pod.previous_in_namespace;
    }
    if (pod.previous_in_namespace != no_slot) {
        in.pods.table[pod.previous_in_namespace].next_in_namespace = pod.next_in_namespace;
    } else if (pod.next_in_namespace != no_slot) {
        in.first_pod_of_namespace[pod.name_space] = pod.next_in_namespace;
    } else {
        in.first_pod_of_namespace.erase(pod.name_space);
    }
}

}  // namespace sonde::enrich_context::store
