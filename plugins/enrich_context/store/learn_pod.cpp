// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "enrich_context/store/changes.hpp"
#include "enrich_context/store/learn.hpp"
#include "enrich_context/store/learn_kubernetes.hpp"
#include "enrich_context/store/membership.hpp"

namespace sonde::enrich_context::store {
namespace {

constexpr std::uint64_t one_second = 1'000'000'000;  // what times in objects are cut to

std::uint32_t make_pod(knowledge& in, const object_message& object) {
    if (in.pods.table.is_full()) {
        ++in.pods.evicted;
        in.forget_pod(in.pods.table.victim());
    }
    const std::uint32_t slot = in.pods.table.add();
    pod_record& pod = in.pods.table[slot];
    pod.uid = in.texts.keep(object.uid);
    pod.name = in.texts.keep(object.name);
    pod.name_space = in.texts.keep(object.name_space);
    const std::uint64_t key = in.hash(object.uid);
    in.pods.index.insert(key, slot);
    in.pods_by_name.insert(in.hash(pod.name_space, pod.name), slot);
    in.forgotten.forgive(key);
    in.forgotten.forgive(in.hash(in.hash(object.name_space), in.hash(object.name)));
    enter_namespace(in, slot);
    return slot;
}

void set_alias(knowledge& in, std::uint32_t slot, std::string_view alias) {
    pod_record& pod = in.pods.table[slot];
    if (alias == in.view(pod.alias) || alias == in.view(pod.uid)) {
        return;
    }
    if (pod.alias != 0) {
        in.pods.index.erase(in.hash(in.view(pod.alias)), slot);
    }
    in.texts.replace(pod.alias, alias);
    if (!alias.empty()) {
        in.pods.index.insert(in.hash(alias), slot);
    }
}

// The names of containers' images are told by the status of the one that runs, not by what it remembers of the last.
void keep_image(knowledge& in, const container_record& container, container_facts& facts) {
    const auto& before = container.facts[static_cast<std::size_t>(container_source::kubernetes)];
    if (facts.image_name == 0 && before) {
        facts.image_name = in.texts.share(before->image_name);
        facts.image_tag = in.texts.share(before->image_tag);
        facts.image_id = in.texts.share(before->image_id);
    }
}

handle learn_status(knowledge& in, std::uint32_t pod, const container_status& status) {
    const std::uint32_t slot = make_container(in, status.id);
    container_record& container = in.containers.table[slot];
    auto facts = std::make_unique<container_facts>();
    facts->name = in.texts.keep(status.name);
    facts->runtime = in.texts.keep(status.runtime);
    facts->image_name = in.texts.keep(status.image_name);
    facts->image_tag = in.texts.keep(status.image_tag);
    facts->image_id = in.texts.keep(status.image_id);
    facts->pod_uid = in.texts.share(in.pods.table[pod].uid);
    facts->started = status.started;
    facts->finished = status.finished;
    facts->exit_code = status.exit_code;
    facts->restarts = status.restarts;
    facts->type = status.type;
    keep_image(in, container, *facts);
    container.pod = in.pods.table.handle_of(pod);
    set_container_facts(in, slot, container_source::kubernetes, std::move(facts));
    return in.containers.table.handle_of(slot);
}

void release_containers(knowledge& in, const std::vector<handle>& containers) {
    for (const handle each : containers) {
        if (in.containers.table.get(each) != nullptr) {
            set_container_facts(in, each.slot, container_source::kubernetes, nullptr);
        }
    }
}

void learn_containers(knowledge& in, std::uint32_t slot, const pod_facts& facts) {
    std::vector<handle> named;
    named.reserve(facts.containers.size());
    for (const container_status& status : facts.containers) {
        named.push_back(learn_status(in, slot, status));
    }
    std::vector<handle> left;
    std::ranges::copy_if(in.pods.table[slot].containers, std::back_inserter(left),
                         [&](handle each) { return std::ranges::find(named, each) == named.end(); });
    in.pods.table[slot].containers = std::move(named);
    release_containers(in, left);
}

// Told after a list that does not have it any more: its state is the last that was seen, its time that of the list.
bool is_missed_deletion(const object_message& object) {
    return object.action == numbers::object::object_action::deleted &&
           object.origin == numbers::object::object_origin::relist;
}

// A pod of the host's network has no address of its own; one that has finished has given it back.
void learn_addresses(knowledge& in, std::uint32_t slot, const pod_facts& facts, std::uint64_t time, bool is_present) {
    pod_record& pod = in.pods.table[slot];
    pod.addresses = facts.addresses;
    const std::uint64_t started = pod.started != 0 ? pod.started : pod.created;
    claim like;
    like.kind = entity_kind::pod;
    like.owner = in.pods.table.handle_of(slot);
    like.earliest = started == 0 ? time : std::min(started, time);
    like.observed = time;
    like.is_ending = pod.is_ending;
    like.seen = is_present ? time : 0;
    if (!pod.is_finished) {
        set_claims(in, pod.claims, pod.is_host_network ? std::vector<ip_address>{} : pod.addresses, like, time);
        return;
    }
    const std::uint64_t finished = facts.finished == 0 ? time : std::min(time, facts.finished + one_second);
    like.until = finished;
    like.observed = std::min(like.observed, finished);
    set_claims(in, pod.claims, pod.is_host_network ? std::vector<ip_address>{} : pod.addresses, like, time);
    end_claims(in, pod.claims, finished);
}

void learn_facts(knowledge& in, std::uint32_t slot, const pod_facts& facts, const object_message& object,
                 std::uint64_t time) {
    pod_record& pod = in.pods.table[slot];
    in.texts.replace(pod.node, facts.node);
    in.texts.replace(pod.service_account, facts.service_account);
    learn_phase(in, pod.phase, facts.phase, object);
    in.texts.replace(pod.phase, facts.phase);
    pod.started = facts.started;
    pod.is_host_network = facts.is_host_network;
    pod.is_finished = facts.phase == "Succeeded" || facts.phase == "Failed";
    pod.is_ending = object.deleted != 0;
    std::string_view config_hash = facts.config_hash;
    for (const auto& [name, value] : object.annotations) {
        config_hash = name == "kubernetes.io/config.hash" ? value : config_hash;
    }
    pod.is_static = !config_hash.empty() || object.controller.kind == "Node";
    set_alias(in, slot, config_hash);
    learn_addresses(in, slot, facts, time, !is_missed_deletion(object));
    learn_containers(in, slot, facts);
    learn_states(in, in.pods.table[slot].states, facts.states, object);
}

}  // namespace

object_fate learn_pod(knowledge& in, object_reader& reader, const object_message& object, std::uint64_t time) {
    if (object.uid.empty() || object.name.empty()) {
        return object_fate::malformed;
    }
    std::uint32_t slot = in.pods.index.find(
        in.hash(object.uid), [&](std::uint32_t at) { return in.view(in.pods.table[at].uid) == object.uid; });
    const bool is_new = slot == no_slot;
    if (!is_new) {
        pod_record& known = in.pods.table[slot];
        known.round = in.round_of(object_kind::pod).number;
        if (const auto fate = judge_version(object, known.version, known.head.is_deleted)) {
            if (*fate == object_fate::unchanged && !object.top_owner.kind.empty()) {
                replace_reference(in, known.top_owner, object.top_owner);
                in.refresh_pod(slot);
            }
            return *fate;
        }
    }
    const auto facts = object.json.empty() ? std::optional(pod_facts{}) : reader.read_pod(object.json);
    if (!facts) {
        return object_fate::malformed;
    }
    slot = is_new ? make_pod(in, object) : slot;
    pod_record& pod = in.pods.table[slot];
    pod.has_status = true;
    pod.round = in.round_of(object_kind::pod).number;
    pod.version = std::max(pod.version, object.version);
    pod.created = object.created == 0 ? time : std::min(object.created, time);
    replace_pairs(in, pod.labels, object.labels);
    replace_reference(in, pod.owner, object.controller);
    replace_reference(in, pod.top_owner, object.top_owner);
    learn_facts(in, slot, *facts, object, time);
    if (object.action == numbers::object::object_action::deleted) {
        end_pod(in, slot, time, !is_missed_deletion(object));
        return object_fate::learned;
    }
    match_pod(in, slot);
    in.refresh_pod(slot, is_new);
    return object_fate::learned;
}

void end_pod(knowledge& in, std::uint32_t slot, std::uint64_t time, bool is_seen) {
    pod_record& pod = in.pods.table[slot];
    pod.ended = time;
    in.pods.table.mark_deleted(slot, in.now);
    is_seen ? end_claims(in, pod.claims, time) : end_claims_unseen(in, pod.claims, time);
    match_pod(in, slot);
    forget_states(in, pod.states);
    // Those that have ended with it keep what is known of them.
    release_containers(in, pod.containers);
    in.refresh_pod(slot, true);
}

}  // namespace sonde::enrich_context::store
