// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/store/find_records.hpp"

#include <algorithm>

namespace sonde::enrich_context::store {
namespace {

// Starts of one process as different sources derive them, see learn_process.cpp; and how far the clock of an event may
// be beside that of a start or an end.
constexpr std::uint64_t start_slack = 25'000'000;

bool is_close(std::uint64_t one, std::uint64_t other) noexcept {
    return one > other ? one - other <= start_slack : other - one <= start_slack;
}

reason why_no_process(knowledge& in, std::uint32_t pid, text_id node) noexcept {
    switch (in.host(node).processes_told) {
    case source_state::none: return reason::no_source;
    case source_state::syncing: break;
    case source_state::synced: return in.forgotten.contains(in.hash(pid, node)) ? reason::evicted : reason::not_found;
    }
    return in.forgotten.contains(in.hash(pid, node)) ? reason::evicted : reason::not_synced;
}

// Processes that may have had a pid at a time: those that ran then, and those that ran just beside it.
struct candidates {
    process_record* exact = nullptr;
    process_record* near = nullptr;
    std::size_t exact_count = 0;
    std::size_t near_count = 0;

    void take(process_record& process, std::uint64_t time, std::uint64_t watched_until) noexcept {
        // While nobody tells of ends, it is certain only as long as something was heard of it.
        const std::uint64_t end = process.ended != 0 ? process.ended : std::max(process.last_seen, watched_until);
        if (process.start <= time && time <= end) {
            exact = &process;
            ++exact_count;
        } else if (process.start <= time + start_slack && time - std::min(time, start_slack) <= end) {
            near = &process;
            ++near_count;
        }
    }
};

found_container container_by_id(knowledge& in, std::string_view id) {
    const std::uint32_t slot = in.container_slot(id);
    if (slot != no_slot) {
        container_record& container = in.containers.table[slot];
        container.told.prefetch();
        return {&container, id, reason::none};
    }
    switch (in.containers_told) {
    case source_state::none: return {nullptr, id, reason::no_source};
    case source_state::syncing: return {nullptr, id, reason::not_synced};
    case source_state::synced: break;
    }
    return {nullptr, id, reason::not_found};
}

// A container's id is never that of another, so that the way to it is found once.
found_container container_of(knowledge& in, cgroup_record& cgroup) {
    if (container_record* const container = in.containers.table.get(cgroup.container); container != nullptr) {
        container->told.prefetch();
        return {container, container->told.key().substr(container_prefix.size()), reason::none};
    }
    const std::uint32_t slot = in.container_slot(in.view(cgroup.container_id));
    cgroup.container = slot == no_slot ? handle{} : in.containers.table.handle_of(slot);
    return container_by_id(in, in.view(cgroup.container_id));
}

}  // namespace

found_process process_at(knowledge& in, const subject& who, text_id node, std::uint64_t time) {
    if (who.pid == 0) {
        return {};
    }
    if (node == knowledge::unknown_node) {
        return {nullptr, why_no_process(in, who.pid, node)};
    }
    process_record* same = nullptr;
    candidates by_time;
    const std::uint64_t watched_until = in.host(node).processes_watched_until;
    in.processes.index.each(in.hash(who.pid, node), [&](std::uint32_t slot) {
        process_record& process = in.processes.table[slot];
        if (process.pid != who.pid || process.node != node) {
            return;
        }
        if (who.process_start == 0) {
            by_time.take(process, time, watched_until);
        } else if (is_close(process.start, who.process_start)) {
            same = &process;
        }
    });
    if (same != nullptr) {
        same->told.prefetch();
        return {same, reason::none};
    }
    if (by_time.exact_count == 1) {
        return {by_time.exact, reason::none};
    }
    if (by_time.exact_count == 0 && by_time.near_count == 1) {
        return {by_time.near, reason::none};
    }
    const bool is_any = by_time.exact_count + by_time.near_count > 0;
    return {nullptr, is_any ? reason::ambiguous : why_no_process(in, who.pid, node)};
}

found_container container_at(knowledge& in, const subject& who, text_id node, const found_process& process) {
    if (!who.container_id.empty()) {
        return container_by_id(in, who.container_id);
    }
    // The cgroup of the event comes before that of the process: it may have moved since.
    const bool has_cgroup = who.cgroup_id != 0 && node != knowledge::unknown_node;
    const bool has_moved = has_cgroup && process.record != nullptr && process.record->cgroup_id != 0 &&
                           process.record->cgroup_id != who.cgroup_id;
    if (has_cgroup && (process.record == nullptr || has_moved || process.record->container_id == 0)) {
        const std::uint32_t slot = in.cgroup_slot(node, who.cgroup_id);
        if (slot != no_slot) {
            cgroup_record& cgroup = in.cgroups.table[slot];
            cgroup.head.is_used = true;
            if (cgroup.container_id == 0) {
                return {nullptr, {}, reason::not_applicable, in.view(cgroup.pod_uid)};
            }
            return container_of(in, cgroup);
        }
    }
    if (process.record == nullptr || has_moved) {
        const bool is_known_source = in.containers_told == source_state::synced;
        const bool is_any =
            in.containers_told != source_state::none || in.host(node).processes_told != source_state::none;
        return {nullptr, {}, is_known_source ? reason::not_found : is_any ? reason::not_synced : reason::no_source};
    }
    if (container_record* const container = in.containers.table.get(process.record->container); container != nullptr) {
        container->told.prefetch();
        return {container, container->told.key().substr(container_prefix.size()), reason::none};
    }
    if (process.record->container_id != 0) {
        return container_by_id(in, in.view(process.record->container_id));
    }
    if (process.record->is_outside) {
        return {nullptr, {}, reason::not_applicable};
    }
    return {nullptr, {}, reason::not_found, in.view(process.record->pod_uid)};
}

pod_record* pod_of(knowledge& in, const container_record& container) {
    if (pod_record* const pod = in.pods.table.get(container.pod); pod != nullptr) {
        pod->told.prefetch();
        return pod;
    }
    const std::uint32_t slot = container.pod_uid == 0 ? no_slot : in.pod_slot(in.view(container.pod_uid));
    return slot == no_slot ? nullptr : &in.pods.table[slot];
}

namespace {

// Of the pods that had this name one after the other, the one that was there at that time; after the end of the last,
// that one: what happens then can only be about it.
found_pod pod_by_name(knowledge& in, const subject& who, std::uint64_t time) {
    const text_id name_space = in.texts.find(who.pod_namespace);
    const text_id name = in.texts.find(who.pod_name);
    pod_record* found = nullptr;
    in.pods_by_name.each(in.hash(name_space, name), [&](std::uint32_t slot) {
        pod_record& pod = in.pods.table[slot];
        const bool is_meant = name != 0 && pod.name == name && pod.name_space == name_space && pod.created <= time;
        if (is_meant && (found == nullptr || pod.created > found->created)) {
            found = &pod;
        }
    });
    if (found != nullptr) {
        return {found, {}, true};
    }
    if (in.forgotten.contains(in.hash(in.hash(who.pod_namespace), in.hash(who.pod_name)))) {
        return {nullptr, {}, true, reason::evicted};
    }
    switch (in.round_of(object_kind::pod).state) {
    case source_state::none: return {nullptr, {}, true, reason::no_source};
    case source_state::syncing: return {nullptr, {}, true, reason::not_synced};
    case source_state::synced: break;
    }
    return {nullptr, {}, true, reason::not_found};
}

found_pod pod_by_uid(knowledge& in, std::string_view uid) {
    const std::uint32_t slot = in.pod_slot(uid);
    return {slot == no_slot ? nullptr : &in.pods.table[slot], uid, true};
}

}  // namespace

found_pod pod_at(knowledge& in, const subject& who, std::uint64_t time, const found_container& container) {
    if (container.record != nullptr) {
        if (pod_record* const pod = pod_of(in, *container.record); pod != nullptr) {
            return {pod, {}, true};
        }
    }
    if (!who.pod_uid.empty()) {
        return pod_by_uid(in, who.pod_uid);
    }
    if (container.record != nullptr && container.record->pod_uid != 0) {
        return {nullptr, in.view(container.record->pod_uid), true};
    }
    if (!container.pod_uid.empty()) {
        return pod_by_uid(in, container.pod_uid);
    }
    return who.pod_name.empty() ? found_pod{} : pod_by_name(in, who, time);
}

}  // namespace sonde::enrich_context::store
