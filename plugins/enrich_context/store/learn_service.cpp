// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "enrich_context/store/learn_kubernetes.hpp"
#include "enrich_context/store/membership.hpp"

namespace sonde::enrich_context::store {
namespace {

std::uint32_t make_service(knowledge& in, const object_message& object) {
    if (in.services.table.is_full()) {
        ++in.services.evicted;
        in.forget_service(in.services.table.victim());
    }
    const std::uint32_t slot = in.services.table.add();
    service_record& service = in.services.table[slot];
    service.uid = in.texts.keep(object.uid);
    service.name = in.texts.keep(object.name);
    service.name_space = in.texts.keep(object.name_space);
    in.services.index.insert(in.hash(service.name_space, service.name), slot);
    in.services_of_namespace[service.name_space].push_back(slot);
    return slot;
}

void set_node_ports(knowledge& in, std::uint32_t slot, const std::vector<node_port>& ports) {
    service_record& service = in.services.table[slot];
    for (const node_port each : service.node_ports) {
        in.services_by_node_port.erase(in.hash(each.port, each.protocol), slot);
    }
    service.node_ports = ports;
    for (const node_port each : ports) {
        in.services_by_node_port.insert(in.hash(each.port, each.protocol), slot);
    }
}

void learn_facts(knowledge& in, std::uint32_t slot, const service_facts& facts, std::uint64_t time) {
    service_record& service = in.services.table[slot];
    in.texts.replace(service.type, facts.type);
    service.addresses = facts.addresses;
    service.others = facts.others;
    service.ports = facts.ports;
    replace_pairs(in, service.selector, facts.selector);
    set_node_ports(in, slot, facts.node_ports);
    std::vector<ip_address> all = facts.addresses;
    std::ranges::copy(facts.others, std::back_inserter(all));
    claim like;
    like.kind = entity_kind::service;
    like.owner = in.services.table.handle_of(slot);
    like.earliest = service.created;
    like.observed = time;
    set_claims(in, service.claims, all, like, time);
    for (const std::uint32_t each : service.claims) {
        claim& one = in.claims.at(each);
        one.is_external = std::ranges::find(facts.addresses, one.address) == facts.addresses.end();
    }
}

// The service that the endpoints belong to, if its members depend on them.
void match_by_endpoints(knowledge& in, text_id name_space, text_id service) {
    const std::uint32_t slot = in.service_slot(name_space, service);
    if (slot != no_slot && in.services.table[slot].selector.empty()) {
        match_service(in, slot);
    }
}

std::uint32_t find_endpoints(knowledge& in, text_id name_space, text_id kind, text_id name) {
    return in.endpoints.index.find(in.hash(in.hash(name_space, kind), name), [&](std::uint32_t slot) {
        const endpoints_record& one = in.endpoints.table[slot];
        return one.name_space == name_space && one.kind == kind && one.name == name;
    });
}

std::uint32_t make_endpoints(knowledge& in, const object_message& object, std::string_view service) {
    if (in.endpoints.table.is_full()) {
        ++in.endpoints.evicted;
        end_endpoints(in, in.endpoints.table.victim());
    }
    const std::uint32_t slot = in.endpoints.table.add();
    endpoints_record& made = in.endpoints.table[slot];
    made.name_space = in.texts.keep(object.name_space);
    made.kind = in.texts.keep(object.kind);
    made.name = in.texts.keep(object.name);
    made.service = in.texts.keep(service);
    in.endpoints.index.insert(in.hash(in.hash(made.name_space, made.kind), made.name), slot);
    in.endpoints_by_service.insert(in.hash(made.name_space, made.service), slot);
    return slot;
}

void set_pods(knowledge& in, std::uint32_t slot, const std::vector<std::string_view>& uids) {
    endpoints_record& endpoints = in.endpoints.table[slot];
    std::vector<text_id> kept;
    kept.reserve(uids.size());
    for (const std::string_view uid : uids) {
        kept.push_back(in.texts.keep(uid));
    }
    for (const text_id each : endpoints.pod_uids) {
        in.endpoints_by_pod.erase(in.hash(in.view(each)), slot);
        in.texts.drop(each);
    }
    std::ranges::sort(kept);
    const auto repeated = std::ranges::unique(kept);
    std::ranges::for_each(repeated, [&](text_id each) { in.texts.drop(each); });
    kept.erase(repeated.begin(), repeated.end());
    for (const text_id each : kept) {
        in.endpoints_by_pod.insert(in.hash(in.view(each)), slot);
    }
    endpoints.pod_uids = std::move(kept);
}

}  // namespace

object_fate learn_service(knowledge& in, object_reader& reader, const object_message& object, std::uint64_t time) {
    if (object.name.empty()) {
        return object_fate::malformed;
    }
    std::uint32_t slot = in.service_slot(in.texts.find(object.name_space), in.texts.find(object.name));
    const bool is_deletion = object.action == numbers::object::object_action::deleted;
    if (slot != no_slot) {
        service_record& known = in.services.table[slot];
        known.round = in.round_of(object_kind::service).number;
        const bool is_same = in.view(known.uid) == object.uid;
        // Another service of the same name, or the word about an earlier one, come late.
        if (!is_same && object.version < known.version) {
            return object_fate::outdated;
        }
        if (!is_same) {
            in.forget_service(slot);
            slot = no_slot;
        } else if (const auto fate = judge_version(object, known.version, known.head.is_deleted)) {
            return *fate;
        }
    }
    const auto facts = object.json.empty() ? std::optional(service_facts{}) : reader.read_service(object.json);
    if (!facts) {
        return object_fate::malformed;
    }
    const bool is_new = slot == no_slot;
    slot = is_new ? make_service(in, object) : slot;
    service_record& service = in.services.table[slot];
    service.has_object = !object.json.empty();
    service.round = in.round_of(object_kind::service).number;
    service.version = std::max(service.version, object.version);
    service.created = object.created == 0 ? time : std::min(object.created, time);
    learn_facts(in, slot, *facts, time);
    if (is_deletion) {
        end_service(in, slot, time);
        return object_fate::learned;
    }
    match_service(in, slot);
    in.refresh_service(slot, is_new);
    return object_fate::learned;
}

object_fate learn_endpoints(knowledge& in, const object_message& object) {
    if (object.name.empty()) {
        return object_fate::malformed;
    }
    // Endpoints have their service's name; a slice names it, or belongs to none.
    const std::string_view service =
        object.service.empty() && object.kind == "Endpoints" ? object.name : object.service;
    std::uint32_t slot =
        find_endpoints(in, in.texts.find(object.name_space), in.texts.find(object.kind), in.texts.find(object.name));
    if (slot != no_slot) {
        endpoints_record& known = in.endpoints.table[slot];
        known.round = in.round_of(kind_of(object.kind)).number;
        if (const auto fate = judge_latest(object, known.version, known.head.is_deleted)) {
            return *fate;
        }
        if (in.view(known.service) != service) {
            end_endpoints(in, slot);
            slot = no_slot;
        }
    }
    slot = slot == no_slot ? make_endpoints(in, object, service) : slot;
    in.endpoints.table.revive(slot);
    endpoints_record& endpoints = in.endpoints.table[slot];
    endpoints.version = std::max(endpoints.version, object.version);
    endpoints.round = in.round_of(kind_of(object.kind)).number;
    const bool is_deletion = object.action == numbers::object::object_action::deleted;
    set_pods(in, slot, is_deletion ? std::vector<std::string_view>{} : object.pod_uids);
    if (is_deletion) {
        // Kept for a while, so that older words are known to be old.
        in.endpoints.table.mark_deleted(slot, in.now);
    }
    match_by_endpoints(in, endpoints.name_space, endpoints.service);
    return object_fate::learned;
}

void end_service(knowledge& in, std::uint32_t slot, std::uint64_t time) {
    in.services.table[slot].ended = time;
    in.services.table.mark_deleted(slot, in.now);
    end_claims(in, in.services.table[slot].claims, time);
    match_service(in, slot);
    in.refresh_service(slot, true);
}

void end_endpoints(knowledge& in, std::uint32_t slot) {
    const text_id name_space = in.texts.share(in.endpoints.table[slot].name_space);
    const text_id service = in.texts.share(in.endpoints.table[slot].service);
    in.forget_endpoints(slot);
    match_by_endpoints(in, name_space, service);
    in.texts.drop(name_space);
    in.texts.drop(service);
}

}  // namespace sonde::enrich_context::store
