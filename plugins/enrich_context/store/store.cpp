// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/store/store.hpp"

#include <utility>

#include "common/host_message.hpp"
#include "enrich_context/store/answers.hpp"
#include "enrich_context/store/changes.hpp"
#include "enrich_context/store/encode.hpp"
#include "enrich_context/store/learn.hpp"
#include "enrich_context/store/learn_kubernetes.hpp"
#include "enrich_context/store/numbers.hpp"
#include "enrich_context/store/resource_state.hpp"

namespace sonde::enrich_context {

using namespace store;

namespace {

template <class Record, class Forget>
void expire(slot_table<Record>& table, std::chrono::nanoseconds then, Forget&& forget) {
    for (std::uint32_t slot = table.expired(then); slot != no_slot; slot = table.expired(then)) {
        forget(slot);
    }
}

template <class Record>
table_stats stats_of(const indexed_table<Record>& of) {
    return {
        .limit = of.table.limit(), .entities = of.table.size(), .deleted = of.table.deleted(), .evicted = of.evicted};
}

taken learn(knowledge& in, const schema::envelope_view& envelope) {
    learn_origin(in, envelope);
    if (envelope.content_type == numbers::process_type) {
        return learn_process_event(in, envelope);
    }
    if (envelope.content_type == numbers::connection_type) {
        return learn_connection(in, envelope);
    }
    if (envelope.content_type == numbers::object_type) {
        return learn_object(in, envelope);
    }
    if (envelope.content_type == numbers::container_type) {
        return learn_container_event(in, envelope);
    }
    if (envelope.content_type == common::host_type) {
        return learn_host(in, envelope);
    }
    return {.event = true};
}

}  // namespace

class entity_store::state {
public:
    explicit state(store_settings settings) : known(std::move(settings)) {
        const common::host_identity& host = known.settings.host;
        if (!host.id.empty() || !host.name.empty()) {
            std::vector<std::uint8_t> facts;
            known.set_host(0, host.id, compose(facts, [&](wire::writer& out) { common::write_host(host, out); }));
        }
        reserve_answers(known);
    }

    knowledge known;
    teller tells;
};

entity_store::entity_store(store_settings settings) : state_(std::make_unique<state>(std::move(settings))) {}
entity_store::~entity_store() = default;
entity_store::entity_store(entity_store&&) noexcept = default;
entity_store& entity_store::operator=(entity_store&&) noexcept = default;

taken entity_store::take(const schema::envelope_view& envelope, std::chrono::nanoseconds now) {
    knowledge& known = state_->known;
    known.now = now;
    known.object_changes.clear();
    ++known.taken;
    if (known.settings.node_name.empty()) {
        const schema::resource_view& from = envelope.resource;
        known.settings.node_name = from.carrier_node.empty() ? from.node_name : from.carrier_node;
    }
    if (known.learn_node(envelope.resource.node_name) == knowledge::unknown_node) {
        ++known.untaken;
        return {.is_untaken = true};
    }
    const taken fate = learn(known, envelope);
    known.malformed += fate.malformed ? 1 : 0;
    reserve_answers(known);
    return fate;
}

answer entity_store::find(const subject& who) {
    knowledge& known = state_->known;
    const answer found = find_subject(known, who);
    ++known.lookups;
    known.found += found.entity_key.empty() ? 0 : 1;
    return found;
}

answer entity_store::find_peer(const remote& where) {
    knowledge& known = state_->known;
    const answer found = find_remote(known, where);
    ++known.lookups;
    known.found += found.entity_key.empty() ? 0 : 1;
    return found;
}

std::span<const std::uint8_t> entity_store::object_sections(const schema::envelope_view& of) {
    knowledge& known = state_->known;
    known.object_sections.assign(known.object_changes.begin(), known.object_changes.end());
    append_resource_state(known.reader, of.data, known.object_sections);
    return known.object_sections;
}

const told_entity* entity_store::next_change() { return state_->tells.next_change(state_->known); }

const told_entity* entity_store::next_of(snapshot_position& at) {
    return state_->tells.next_of(state_->known, at.kind, at.slot);
}

void entity_store::tick(std::chrono::nanoseconds now) {
    knowledge& known = state_->known;
    known.now = now;
    const kept_times& kept = known.settings.kept;
    const auto others = now - kept.others;
    expire(known.processes.table, now - kept.processes, [&](std::uint32_t slot) { known.forget_process(slot); });
    expire(known.containers.table, now - kept.containers, [&](std::uint32_t slot) { known.forget_container(slot); });
    expire(known.pods.table, now - kept.pods, [&](std::uint32_t slot) { known.forget_pod(slot); });
    expire(known.services.table, others, [&](std::uint32_t slot) { known.forget_service(slot); });
    expire(known.nodes.table, others, [&](std::uint32_t slot) { known.forget_node(slot); });
    expire(known.workloads.table, others, [&](std::uint32_t slot) { known.forget_workload(slot); });
    expire(known.namespaces.table, others, [&](std::uint32_t slot) { known.forget_namespace(slot); });
    expire(known.endpoints.table, others, [&](std::uint32_t slot) { end_endpoints(known, slot); });
}

store_stats entity_store::stats() const {
    const knowledge& known = state_->known;
    store_stats stats;
    const auto place = [&](entity_kind kind) -> table_stats& { return stats.kinds[static_cast<std::size_t>(kind)]; };
    place(entity_kind::process) = stats_of(known.processes);
    place(entity_kind::container) = stats_of(known.containers);
    place(entity_kind::pod) = stats_of(known.pods);
    place(entity_kind::service) = stats_of(known.services);
    place(entity_kind::node) = stats_of(known.nodes);
    place(entity_kind::workload) = stats_of(known.workloads);
    place(entity_kind::name_space) = stats_of(known.namespaces);
    stats.endpoints = stats_of(known.endpoints);
    stats.cgroups = stats_of(known.cgroups);
    stats.local_ports = {.limit = known.local_ports.limit(),
                         .entities = known.local_ports.size(),
                         .deleted = 0,
                         .evicted = known.local_ports.evicted()};
    stats.taken = known.taken;
    stats.malformed = known.malformed;
    stats.outdated = known.outdated;
    stats.unchanged = known.unchanged;
    stats.untaken = known.untaken;
    stats.hosts = known.hosts.size();
    stats.lookups = known.lookups;
    stats.found = known.found;
    stats.revision = known.revision;
    stats.lost_changes = known.lost_changes;
    stats.refused_claims = known.claims.refused();
    stats.texts = known.texts.size();
    stats.text_bytes = known.texts.bytes();
    return stats;
}

}  // namespace sonde::enrich_context
