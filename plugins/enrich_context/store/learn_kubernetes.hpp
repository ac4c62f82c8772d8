// SPDX-License-Identifier: Apache-2.0
// What the store learns from objects of a cluster. Each function gets a message with a name, and with a uid where the
// kind is found by it. Internal to the store.
#pragma once

#include "enrich_context/store/knowledge.hpp"
#include "enrich_context/store/object_facts.hpp"

namespace sonde::enrich_context::store {

// What became of an object that was told.
enum class object_fate : std::uint8_t { learned, unchanged, outdated, malformed };

[[nodiscard]] object_fate learn_pod(knowledge& in, object_reader& reader, const object_message& object,
                                    std::uint64_t time);
[[nodiscard]] object_fate learn_service(knowledge& in, object_reader& reader, const object_message& object,
                                        std::uint64_t time);
[[nodiscard]] object_fate learn_endpoints(knowledge& in, const object_message& object);
[[nodiscard]] object_fate learn_node_object(knowledge& in, object_reader& reader, const object_message& object,
                                            std::uint64_t time);
[[nodiscard]] object_fate learn_workload(knowledge& in, const object_message& object);
[[nodiscard]] object_fate learn_namespace(knowledge& in, const object_message& object);

// Takes over the states that an object is told with; those that changed go to `object_changes`.
void learn_states(knowledge& in, kept_states& kept, std::span<const told_state> told, const object_message& object);
// Likewise for the phase of a pod, before it is taken over.
void learn_phase(knowledge& in, text_id known, std::string_view told, const object_message& object);
// What is told next is told for the first time.
void forget_states(knowledge& in, kept_states& kept);

// They are gone without a word: found missing when all had been told.
// `is_seen`: the end was told as it happened, and not concluded from its absence.
void end_pod(knowledge& in, std::uint32_t slot, std::uint64_t time, bool is_seen);
void end_service(knowledge& in, std::uint32_t slot, std::uint64_t time);
void end_endpoints(knowledge& in, std::uint32_t slot);
void end_node(knowledge& in, std::uint32_t slot, std::uint64_t time);
void end_workload(knowledge& in, std::uint32_t slot);
void end_namespace(knowledge& in, std::uint32_t slot);

// All objects of the kind have been told, of one namespace or of all.
void learn_synced(knowledge& in, object_kind kind, const object_message& mark, std::uint64_t time);
[[nodiscard]] object_kind kind_of(std::string_view kind) noexcept;

// Whether a message tells nothing new of a record with this version. `is_deleted`: it is known to be gone.
[[nodiscard]] inline std::optional<object_fate> judge_version(const object_message& object, std::uint64_t version,
                                                              bool is_deleted) noexcept {
    if (object.version == 0 || version == 0) {
        return std::nullopt;
    }
    const bool is_deletion = object.action == numbers::object::object_action::deleted;
    if (is_deleted) {
        return is_deletion && object.version == version ? object_fate::unchanged : object_fate::outdated;
    }
    if (object.version < version && !is_deletion) {
        return object_fate::outdated;
    }
    return object.version == version && !is_deletion ? std::optional(object_fate::unchanged) : std::nullopt;
}

// The same for objects that are found by their name, which may be given again: the latest version counts.
[[nodiscard]] inline std::optional<object_fate> judge_latest(const object_message& object, std::uint64_t version,
                                                             bool is_deleted) noexcept {
    if (object.version == 0 || version == 0 || object.version > version) {
        return std::nullopt;
    }
    if (object.version < version) {
        return object_fate::outdated;
    }
    const bool is_deletion = object.action == numbers::object::object_action::deleted;
    return is_deletion && !is_deleted ? std::nullopt : std::optional(object_fate::unchanged);
}

// Adopts the list of label pairs as sorted texts "name\0value"; true if it was another.
bool replace_pairs(knowledge& in, std::vector<text_id>& into,
                   const std::vector<std::pair<std::string_view, std::string_view>>& pairs);
void replace_reference(knowledge& in, reference_record& into, const reference_view& from);

// Sets the claims of one owner to these addresses: those that it has no more end at `time`, new ones are added after
// the model of `like`.
void set_claims(knowledge& in, std::vector<std::uint32_t>& claims, const std::vector<ip_address>& addresses,
                const claim& like, std::uint64_t time);
void end_claims(knowledge& in, const std::vector<std::uint32_t>& claims, std::uint64_t time);
// Those that are still held end at some time that nobody saw, `time` at the latest.
void end_claims_unseen(knowledge& in, const std::vector<std::uint32_t>& claims, std::uint64_t time);

}  // namespace sonde::enrich_context::store
