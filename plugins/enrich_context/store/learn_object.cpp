// SPDX-License-Identifier: Apache-2.0
// sonde.v1.KubernetesObject: which kind is learned where, and what the kinds have in common.
#include <algorithm>

#include "enrich_context/store/learn.hpp"
#include "enrich_context/store/learn_kubernetes.hpp"

namespace sonde::enrich_context::store {
namespace {

using numbers::object::object_action;
using numbers::object::object_origin;

constexpr std::size_t most_claims = 16;  // of one owner, with those that have ended

bool is_workload(std::string_view kind) noexcept {
    return kind == "ReplicaSet" || kind == "Deployment" || kind == "DaemonSet" || kind == "StatefulSet" ||
           kind == "Job" || kind == "CronJob";
}

object_fate learn_kind(knowledge& in, const object_message& object, std::uint64_t time) {
    switch (kind_of(object.kind)) {
    case object_kind::pod: return learn_pod(in, in.reader, object, time);
    case object_kind::service: return learn_service(in, in.reader, object, time);
    case object_kind::endpoints:
    case object_kind::endpoint_slice: return learn_endpoints(in, object);
    case object_kind::node: return learn_node_object(in, in.reader, object, time);
    case object_kind::name_space: return learn_namespace(in, object);
    case object_kind::replica_set:
    case object_kind::job: return learn_workload(in, object);
    case object_kind::other: break;
    }
    return is_workload(object.kind) ? learn_workload(in, object) : object_fate::learned;
}

bool is_open(const claim& one, const claim& like) noexcept { return one.until == 0 || like.until != 0; }

}  // namespace

bool replace_pairs(knowledge& in, std::vector<text_id>& into,
                   const std::vector<std::pair<std::string_view, std::string_view>>& pairs) {
    std::vector<text_id> made;
    made.reserve(pairs.size());
    for (const auto& [name, value] : pairs) {
        in.pair_buffer.assign(name);
        in.pair_buffer.push_back('\0');
        in.pair_buffer.append(value);
        made.push_back(in.texts.keep(in.pair_buffer));
    }
    std::ranges::sort(made);
    const bool is_other = made != into;
    for (const text_id each : into) {
        in.texts.drop(each);
    }
    into = std::move(made);
    return is_other;
}

void replace_reference(knowledge& in, reference_record& into, const reference_view& from) {
    in.texts.replace(into.kind, from.kind);
    in.texts.replace(into.name, from.name);
    in.texts.replace(into.uid, from.uid);
}

void set_claims(knowledge& in, std::vector<std::uint32_t>& claims, const std::vector<ip_address>& addresses,
                const claim& like, std::uint64_t time) {
    for (const std::uint32_t each : claims) {
        claim& one = in.claims.at(each);
        if (std::ranges::find(addresses, one.address) == addresses.end()) {
            one.until = one.until == 0 ? time : one.until;
        } else {
            one.earliest = std::min(one.earliest, like.earliest);
            one.observed = std::min(one.observed, like.observed);
            one.is_ending = one.is_ending || like.is_ending;
            one.seen = std::max(one.seen, like.seen);
        }
    }
    for (const ip_address& address : addresses) {
        const bool is_held = std::ranges::any_of(claims, [&](std::uint32_t each) {
            const claim& one = in.claims.at(each);
            return one.address == address && is_open(one, like);
        });
        if (is_held) {
            continue;
        }
        claim made = like;
        made.address = address;
        if (const std::uint32_t slot = in.claims.add(made); slot != no_slot) {
            claims.push_back(slot);
        }
    }
    while (claims.size() > most_claims) {
        in.claims.remove(claims.front());
        claims.erase(claims.begin());
    }
}

void end_claims(knowledge& in, const std::vector<std::uint32_t>& claims, std::uint64_t time) {
    for (const std::uint32_t each : claims) {
        claim& one = in.claims.at(each);
        one.until = one.until == 0 ? time : std::min(one.until, time);
    }
}

void end_claims_unseen(knowledge& in, const std::vector<std::uint32_t>& claims, std::uint64_t time) {
    for (const std::uint32_t each : claims) {
        claim& one = in.claims.at(each);
        one.is_end_unseen = one.is_end_unseen || one.until == 0;
    }
    end_claims(in, claims, time);
}

taken learn_object(knowledge& in, const schema::envelope_view& envelope) {
    object_message object;
    if (!object.read(envelope.data) || object.kind.empty()) {
        return {.malformed = true};
    }
    const object_kind kind = kind_of(object.kind);
    if (object.action == object_action::synced) {
        learn_synced(in, kind, object, envelope.time);
        return {.state = true};
    }
    const bool is_state = kind != object_kind::other || is_workload(object.kind);
    if (!is_state) {
        return {.event = true};
    }
    told_round& round = in.round_of(kind);
    round.state = std::max(round.state, source_state::syncing);
    const bool is_listed = object.origin == object_origin::list || object.origin == object_origin::snapshot;
    round.objects += is_listed ? 1 : 0;
    const std::uint64_t source = in.hash(in.hash(envelope.resource.instance), in.hash(envelope.resource.node_name));
    round.is_shared = round.is_shared || (round.source != 0 && round.source != source);
    round.source = source;
    switch (learn_kind(in, object, envelope.time)) {
    case object_fate::malformed: return {.malformed = true};
    case object_fate::outdated: ++in.outdated; break;
    case object_fate::unchanged: ++in.unchanged; break;
    case object_fate::learned: break;
    }
    const bool has_happened = object.origin == object_origin::watch || object.origin == object_origin::relist;
    return {.state = true, .event = has_happened && !envelope.snapshot};
}

}  // namespace sonde::enrich_context::store
