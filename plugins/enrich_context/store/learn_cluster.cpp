// SPDX-License-Identifier: Apache-2.0
// Nodes, workloads and namespaces, and the marks that all objects of a kind have been told.
#include <algorithm>

#include "enrich_context/store/encode.hpp"
#include "enrich_context/store/learn_kubernetes.hpp"
#include "enrich_context/store/membership.hpp"

namespace sonde::enrich_context::store {
namespace {

// Makes room in a table and gives a fresh record in it.
template <class Record, class Forget>
std::uint32_t make_in(indexed_table<Record>& of, Forget&& forget) {
    if (of.table.is_full()) {
        ++of.evicted;
        forget(of.table.victim());
    }
    return of.table.add();
}

std::string_view label_of(const object_message& object, std::string_view name) {
    const auto found = std::ranges::find(object.labels, name, &std::pair<std::string_view, std::string_view>::first);
    return found == object.labels.end() ? std::string_view{} : found->second;
}

// Pods whose chain of controllers goes through this object.
void refresh_owned(knowledge& in, text_id name_space, text_id uid) {
    each_pod_of_namespace(in, name_space, [&](std::uint32_t slot) {
        if (in.pods.table[slot].owner.uid == uid) {
            in.refresh_pod(slot);
        }
    });
}

bool is_deletion(const object_message& object) noexcept {
    return object.action == numbers::object::object_action::deleted;
}

// Calls `end` for the records of a table that were not told in the round that ends.
template <class Record, class Is, class End>
void end_untold(slot_table<Record>& table, std::uint64_t round, Is&& is_meant, End&& end) {
    table.each([&](std::uint32_t slot, const Record& record) {
        if (!record.head.is_deleted && record.round != round && is_meant(record)) {
            end(slot);
        }
    });
}

void end_missing(knowledge& in, object_kind kind, const object_message& mark, std::uint64_t time) {
    const std::uint64_t round = in.round_of(kind).number;
    const auto is_in_scope = [&](const auto& record) {
        return mark.name_space.empty() || in.view(record.name_space) == mark.name_space;
    };
    const auto is_of_kind = [&](const auto& record) {
        return in.view(record.kind) == mark.kind && is_in_scope(record);
    };
    const auto any = [](const auto&) { return true; };
    switch (kind) {
    case object_kind::pod:
        end_untold(in.pods.table, round, is_in_scope, [&](std::uint32_t slot) { end_pod(in, slot, time, false); });
        break;
    case object_kind::service:
        end_untold(in.services.table, round, is_in_scope, [&](std::uint32_t slot) { end_service(in, slot, time); });
        break;
    case object_kind::node:
        end_untold(in.nodes.table, round, any, [&](std::uint32_t slot) { end_node(in, slot, time); });
        break;
    case object_kind::name_space:
        end_untold(in.namespaces.table, round, any, [&](std::uint32_t slot) { end_namespace(in, slot); });
        break;
    case object_kind::endpoints:
    case object_kind::endpoint_slice:
        end_untold(in.endpoints.table, round, is_of_kind, [&](std::uint32_t slot) { end_endpoints(in, slot); });
        break;
    case object_kind::replica_set:
    case object_kind::job:
        end_untold(in.workloads.table, round, is_of_kind, [&](std::uint32_t slot) { end_workload(in, slot); });
        break;
    case object_kind::other: break;
    }
}

}  // namespace

object_fate learn_node_object(knowledge& in, object_reader& reader, const object_message& object, std::uint64_t time) {
    if (object.name.empty()) {
        return object_fate::malformed;
    }
    std::uint32_t slot = in.node_slot(in.texts.find(object.name));
    const bool is_new = slot == no_slot;
    if (!is_new) {
        node_record& known = in.nodes.table[slot];
        known.round = in.round_of(object_kind::node).number;
        if (const auto fate = judge_latest(object, known.version, known.head.is_deleted)) {
            return *fate;
        }
    }
    const auto facts = object.json.empty() ? std::optional(node_facts{}) : reader.read_node(object.json);
    if (!facts) {
        return object_fate::malformed;
    }
    if (is_new) {
        slot = make_in(in.nodes, [&](std::uint32_t victim) { in.forget_node(victim); });
        in.nodes.table[slot].name = in.texts.keep(object.name);
        in.nodes.index.insert(in.hash(in.nodes.table[slot].name, 0), slot);
    }
    node_record& node = in.nodes.table[slot];
    in.nodes.table.revive(slot);
    if (in.texts.replace(node.uid, object.uid)) {
        forget_states(in, node.states);  // another node of the same name
    }
    learn_states(in, node.states, facts->states, object);
    in.texts.replace(node.provider, facts->provider);
    in.texts.replace(node.kubelet, facts->kubelet);
    in.texts.replace(node.zone, label_of(object, "topology.kubernetes.io/zone"));
    in.texts.replace(node.region, label_of(object, "topology.kubernetes.io/region"));
    node.version = std::max(node.version, object.version);
    node.round = in.round_of(object_kind::node).number;
    node.created = object.created == 0 ? time : std::min(object.created, time);
    node.addresses = facts->addresses;
    claim like;
    like.kind = entity_kind::node;
    like.owner = in.nodes.table.handle_of(slot);
    like.earliest = node.created;
    like.observed = time;
    set_claims(in, node.claims, node.addresses, like, time);
    if (is_deletion(object)) {
        end_node(in, slot, time);
    } else {
        in.refresh_node(slot, is_new);
    }
    return object_fate::learned;
}

object_fate learn_workload(knowledge& in, const object_message& object) {
    if (object.name.empty() || object.uid.empty()) {
        return object_fate::malformed;
    }
    std::uint32_t slot = in.workload_slot(in.texts.find(object.uid));
    const bool is_new = slot == no_slot;
    if (!is_new) {
        workload_record& known = in.workloads.table[slot];
        known.round = in.round_of(kind_of(object.kind)).number;
        if (const auto fate = judge_version(object, known.version, known.head.is_deleted)) {
            return *fate;
        }
    } else {
        slot = make_in(in.workloads, [&](std::uint32_t victim) { in.forget_workload(victim); });
        workload_record& made = in.workloads.table[slot];
        made.kind = in.texts.keep(object.kind);
        made.name = in.texts.keep(object.name);
        made.name_space = in.texts.keep(object.name_space);
        made.uid = in.texts.keep(object.uid);
        in.workloads.index.insert(in.hash(made.uid, 0), slot);
        in.forgotten.forgive(in.hash(object.uid));
    }
    workload_record& workload = in.workloads.table[slot];
    workload.version = std::max(workload.version, object.version);
    workload.round = in.round_of(kind_of(object.kind)).number;
    const reference_record before = workload.owner;
    replace_reference(in, workload.owner, object.controller);
    if (is_deletion(object)) {
        end_workload(in, slot);
    } else {
        in.refresh_workload(slot, is_new);
    }
    if (is_new || before != workload.owner) {
        refresh_owned(in, workload.name_space, workload.uid);
    }
    return object_fate::learned;
}

object_fate learn_namespace(knowledge& in, const object_message& object) {
    if (object.name.empty()) {
        return object_fate::malformed;
    }
    const text_id name = in.texts.find(object.name);
    std::uint32_t slot = in.namespaces.index.find(
        in.hash(name, 0), [&](std::uint32_t at) { return in.namespaces.table[at].name == name; });
    const bool is_new = slot == no_slot;
    if (!is_new) {
        namespace_record& known = in.namespaces.table[slot];
        known.round = in.round_of(object_kind::name_space).number;
        if (const auto fate = judge_latest(object, known.version, known.head.is_deleted)) {
            return *fate;
        }
    } else {
        slot = make_in(in.namespaces, [&](std::uint32_t victim) { in.forget_namespace(victim); });
        in.namespaces.table[slot].name = in.texts.keep(object.name);
        in.namespaces.index.insert(in.hash(in.namespaces.table[slot].name, 0), slot);
    }
    namespace_record& record = in.namespaces.table[slot];
    in.namespaces.table.revive(slot);
    in.texts.replace(record.uid, object.uid);
    record.version = std::max(record.version, object.version);
    record.round = in.round_of(object_kind::name_space).number;
    record.labels.clear();
    for (const auto& [label, value] : object.labels) {
        append_listed(in.settings.labels.namespaces, numbers::name_space::labels, label, value, record.labels);
    }
    if (is_deletion(object)) {
        end_namespace(in, slot);
    } else {
        in.refresh_namespace(slot, is_new);
    }
    return object_fate::learned;
}

void end_node(knowledge& in, std::uint32_t slot, std::uint64_t time) {
    in.nodes.table[slot].ended = time;
    forget_states(in, in.nodes.table[slot].states);
    in.nodes.table.mark_deleted(slot, in.now);
    end_claims(in, in.nodes.table[slot].claims, time);
    in.refresh_node(slot, true);
}

void end_workload(knowledge& in, std::uint32_t slot) {
    in.workloads.table.mark_deleted(slot, in.now);
    in.refresh_workload(slot, true);
}

void end_namespace(knowledge& in, std::uint32_t slot) {
    in.namespaces.table.mark_deleted(slot, in.now);
    in.refresh_namespace(slot, true);
}

void learn_synced(knowledge& in, object_kind kind, const object_message& mark, std::uint64_t time) {
    if (kind == object_kind::other) {
        return;
    }
    told_round& round = in.round_of(kind);
    const bool was_synced = round.state == source_state::synced;
    round.state = source_state::synced;
    // Only if every object came by; a difference may be a loss on the way.
    if (round.objects == mark.object_count && !round.is_shared) {
        end_missing(in, kind, mark, time);
    }
    ++round.number;
    round.objects = 0;
    const bool is_in_chains = kind == object_kind::replica_set || kind == object_kind::job;
    if (is_in_chains && !was_synced) {
        in.pods.table.each([&](std::uint32_t slot, const pod_record&) { in.refresh_pod(slot); });
    }
}

object_kind kind_of(std::string_view kind) noexcept {
    constexpr std::array<std::pair<std::string_view, object_kind>, 8> kinds{{
        {"Pod", object_kind::pod},
        {"Service", object_kind::service},
        {"Endpoints", object_kind::endpoints},
        {"EndpointSlice", object_kind::endpoint_slice},
        {"Node", object_kind::node},
        {"Namespace", object_kind::name_space},
        {"ReplicaSet", object_kind::replica_set},
        {"Job", object_kind::job},
    }};
    const auto* const found = std::ranges::find(kinds, kind, &std::pair<std::string_view, object_kind>::first);
    return found == kinds.end() ? object_kind::other : found->second;
}

}  // namespace sonde::enrich_context::store
