// SPDX-License-Identifier: Apache-2.0
// Containers from what runs in them and from their runtimes: sonde.v1.ContainerEvent.
#include <algorithm>

#include <sonde/wire.hpp>

#include "common/container_id.hpp"
#include "enrich_context/store/address.hpp"
#include "enrich_context/store/changes.hpp"
#include "enrich_context/store/encode.hpp"
#include "enrich_context/store/learn.hpp"
#include "enrich_context/store/numbers.hpp"

namespace sonde::enrich_context::store {
namespace {

using numbers::container_event::event_action;

constexpr auto of_kubernetes = static_cast<std::size_t>(container_source::kubernetes);
constexpr auto of_runtime = static_cast<std::size_t>(container_source::runtime);

bool is_held(const container_record& container) noexcept {
    return container.facts[of_kubernetes] != nullptr ||
           (container.facts[of_runtime] != nullptr && !container.is_runtime_gone);
}

struct container_event {
    event_action action{};
    std::string_view id;
    std::string_view pod_uid;
    std::string_view cgroup_path;
    bool is_host_network = false;
    std::uint64_t containers = 0;
    std::vector<ip_address> addresses;
    std::unique_ptr<container_facts> facts = std::make_unique<container_facts>();
};

void append_label(knowledge& in, std::span<const std::uint8_t> label, std::string& to) {
    wire::reader fields(label);
    std::string_view name;
    std::string_view value;
    while (const auto field = fields.next()) {
        (field->number == 1 ? name : value) = field->text();
    }
    append_listed(in.settings.labels.containers, numbers::container::labels, name, value, to);
}

bool read_container(knowledge& in, std::span<const std::uint8_t> from, container_event& into) {
    wire::reader fields(from);
    container_facts& facts = *into.facts;
    while (const auto field = fields.next()) {
        namespace number = numbers::container;
        switch (field->number) {
        case number::id: into.id = field->text(); break;
        case number::name: in.texts.replace(facts.name, field->text()); break;
        case number::runtime: in.texts.replace(facts.runtime, field->text()); break;
        case number::image_name: in.texts.replace(facts.image_name, field->text()); break;
        case number::image_tag: in.texts.replace(facts.image_tag, field->text()); break;
        case number::image_id: in.texts.replace(facts.image_id, field->text()); break;
        case number::pod_uid: into.pod_uid = field->text(); break;
        case number::created_time: facts.created = field->value; break;
        case number::started_time: facts.started = field->value; break;
        case number::finished_time: facts.finished = field->value; break;
        case number::exit_code: facts.exit_code = static_cast<std::int32_t>(field->value); break;
        case number::cgroup_id: facts.cgroup_id = field->value; break;
        case number::init_pid: facts.init_pid = static_cast<std::uint32_t>(field->value); break;
        case number::labels: append_label(in, field->bytes, facts.labels); break;
        case number::type: facts.type = static_cast<container_type>(std::min<std::uint64_t>(field->value, 4)); break;
        case number::restart_count: facts.restarts = static_cast<std::uint32_t>(field->value); break;
        default: break;
        }
    }
    return !fields.failed();
}

bool read_event(knowledge& in, std::span<const std::uint8_t> from, container_event& into) {
    wire::reader fields(from);
    bool is_whole = true;
    while (const auto field = fields.next()) {
        namespace number = numbers::container_event;
        switch (field->number) {
        case number::action: into.action = static_cast<event_action>(field->value); break;
        case number::container: is_whole = read_container(in, field->bytes, into) && is_whole; break;
        case number::cgroup_path: into.cgroup_path = field->text(); break;
        case number::is_host_network: into.is_host_network = field->value != 0; break;
        case number::container_count: into.containers = field->value; break;
        case number::ip_addresses:
            if (const auto address = address_of(field->bytes)) {
                into.addresses.push_back(*address);
            }
            break;
        default: break;
        }
    }
    return is_whole && !fields.failed();
}

void drop_facts(knowledge& in, const container_event& event) {
    if (event.facts) {
        in.drop_texts(*event.facts);
    }
}

// A container outside of pods has its addresses itself, on its host only.
void claim_addresses(knowledge& in, std::uint32_t slot, const container_event& event, std::uint64_t time) {
    container_record& container = in.containers.table[slot];
    const bool has_own = container.pod_uid == 0 && !event.is_host_network && event.action != event_action::exited &&
                         event.action != event_action::deleted;
    for (const std::uint32_t each : container.claims) {
        claim& one = in.claims.at(each);
        const bool still = has_own && std::ranges::find(event.addresses, one.address) != event.addresses.end();
        one.until = still ? 0 : (one.until == 0 ? time : one.until);
    }
    if (!has_own) {
        return;
    }
    for (const ip_address& address : event.addresses) {
        const auto held = std::ranges::find_if(
            container.claims, [&](std::uint32_t each) { return in.claims.at(each).address == address; });
        if (held != container.claims.end() || is_loopback(address)) {
            continue;
        }
        const std::uint64_t started = merged(container).started;
        const std::uint32_t made = in.claims.add({.head = {},
                                                  .address = address,
                                                  .kind = entity_kind::container,
                                                  .owner = in.containers.table.handle_of(slot),
                                                  .node = container.node,
                                                  .earliest = started == 0 ? time : std::min(started, time),
                                                  .observed = time,
                                                  .until = 0});
        if (made != no_slot) {
            container.claims.push_back(made);
        }
    }
}

// Its last state stays what is told, unless somebody else still knows it.
void end_runtime(knowledge& in, std::uint32_t slot) {
    container_record& container = in.containers.table[slot];
    container.is_runtime_gone = true;
    if (container.facts[of_kubernetes]) {
        set_container_facts(in, slot, container_source::runtime, nullptr);
    } else {
        judge_container(in, slot);
    }
}

void learn_runtime(knowledge& in, text_id node, container_event& event, std::uint64_t time) {
    const std::uint32_t slot = make_container(in, event.id);
    container_record& container = in.containers.table[slot];
    in.texts.replace(container.node, in.view(node));
    container.is_on_host = true;
    container.is_runtime_gone = event.action == event_action::deleted;
    container.round = in.host(node).containers.number;
    if (event.facts->cgroup_id != 0) {
        learn_cgroup(in, node, event.facts->cgroup_id, event.id, in.view(event.facts->pod_uid));
    }
    if (container.is_runtime_gone && event.facts->finished == 0) {
        event.facts->finished = time;
    }
    set_container_facts(in, slot, container_source::runtime, std::move(event.facts));
    claim_addresses(in, slot, event, time);
    if (container.is_runtime_gone) {
        end_runtime(in, slot);
    }
}

// All containers of a host have been told: if none was lost on the way, those that were not told are gone.
void end_round(knowledge& in, text_id node, std::uint64_t containers) {
    in.containers_told = source_state::synced;
    told_round& round = in.host(node).containers;
    if (round.objects == containers) {
        in.containers.table.each([&](std::uint32_t slot, const container_record& container) {
            if (container.facts[of_runtime] && !container.is_runtime_gone && container.node == node &&
                container.round != round.number) {
                end_runtime(in, slot);
            }
        });
    }
    ++round.number;
    round.objects = 0;
}

}  // namespace

std::uint32_t make_container(knowledge& in, std::string_view id) {
    if (const std::uint32_t known = in.container_slot(id); known != no_slot) {
        return known;
    }
    if (in.containers.table.is_full()) {
        ++in.containers.evicted;
        in.forget_container(in.containers.table.victim());
    }
    const std::uint32_t slot = in.containers.table.add();
    container_record& container = in.containers.table[slot];
    container.id = in.texts.keep(id);
    container.first_seen = in.time_now();
    const std::uint64_t key = in.hash(id);
    in.containers.index.insert(key, slot);
    in.forgotten.forgive(key);
    return slot;
}

void set_container_facts(knowledge& in, std::uint32_t slot, container_source source,
                         std::unique_ptr<container_facts> facts) {
    container_record& container = in.containers.table[slot];
    auto& place = container.facts[static_cast<std::size_t>(source)];
    const bool is_told = !container.told.key().empty();
    std::swap(place, facts);
    if (facts) {
        in.drop_texts(*facts);
    }
    in.texts.replace(container.pod_uid, in.view(merged(container).pod_uid));
    judge_container(in, slot);
    in.refresh_container(slot, !is_told);
}

void judge_container(knowledge& in, std::uint32_t slot) {
    container_record& container = in.containers.table[slot];
    const bool is_there = is_held(container) || container.processes > 0;
    if (is_there == !container.head.is_deleted) {
        return;
    }
    if (is_there) {
        in.containers.table.revive(slot);
    } else {
        in.containers.table.mark_deleted(slot, in.now);
    }
    if (!container.told.key().empty()) {
        in.refresh_container(slot, true);
    }
}

std::uint32_t learn_container_cgroup(knowledge& in, text_id node, std::string_view id, std::uint64_t cgroup_id,
                                     std::string_view pod_uid) {
    const std::uint32_t slot = make_container(in, id);
    container_record& container = in.containers.table[slot];
    const auto& known = container.facts[static_cast<std::size_t>(container_source::cgroup)];
    const bool is_news = !known || (cgroup_id != 0 && known->cgroup_id != cgroup_id) ||
                         (!pod_uid.empty() && in.view(known->pod_uid) != pod_uid);
    if (!is_news) {
        return slot;
    }
    auto facts = std::make_unique<container_facts>();
    facts->cgroup_id = cgroup_id != 0 || !known ? cgroup_id : known->cgroup_id;
    facts->pod_uid = in.texts.keep(!pod_uid.empty() || !known ? pod_uid : in.view(known->pod_uid));
    in.texts.replace(container.node, in.view(node));
    container.is_on_host = true;
    set_container_facts(in, slot, container_source::cgroup, std::move(facts));
    return slot;
}

void learn_cgroup(knowledge& in, text_id node, std::uint64_t id, std::string_view container_id,
                  std::string_view pod_uid) {
    std::uint32_t slot = in.cgroup_slot(node, id);
    if (slot == no_slot) {
        if (in.cgroups.table.is_full()) {
            ++in.cgroups.evicted;
            in.forget_cgroup(in.cgroups.table.victim());
        }
        slot = in.cgroups.table.add();
        cgroup_record& made = in.cgroups.table[slot];
        made.id = id;
        made.node = in.texts.share(node);
        in.cgroups.index.insert(in.hash(id, node), slot);
    }
    cgroup_record& cgroup = in.cgroups.table[slot];
    if (!container_id.empty()) {
        if (in.texts.replace(cgroup.container_id, container_id)) {
            cgroup.container = {};
        }
    }
    if (!pod_uid.empty()) {
        in.texts.replace(cgroup.pod_uid, pod_uid);
    }
    cgroup.head.is_used = true;
}

taken learn_container_event(knowledge& in, const schema::envelope_view& envelope) {
    container_event event;
    const bool is_whole = read_event(in, envelope.data, event);
    if (!is_whole || (event.id.empty() && event.action != event_action::synced)) {
        drop_facts(in, event);
        return {.malformed = true};
    }
    in.containers_told = std::max(in.containers_told, source_state::syncing);
    if (event.action == event_action::synced) {
        end_round(in, in.learn_node(envelope.resource.node_name), event.containers);
        drop_facts(in, event);
        return {.state = true};
    }
    const std::string from_path = event.pod_uid.empty() ? common::pod_uid(event.cgroup_path) : std::string();
    event.facts->pod_uid = in.texts.keep(event.pod_uid.empty() ? std::string_view(from_path) : event.pod_uid);
    const text_id node = in.learn_node(envelope.resource.node_name);
    in.host(node).containers.objects += envelope.snapshot ? 1 : 0;
    learn_runtime(in, node, event, envelope.time);
    return {.state = true, .event = !envelope.snapshot};
}

}  // namespace sonde::enrich_context::store
