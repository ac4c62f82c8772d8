// SPDX-License-Identifier: Apache-2.0
// What the store learns from each kind of payload. Internal to the store.
#pragma once

#include <sonde/schema/batch.hpp>

#include "enrich_context/store/knowledge.hpp"

namespace sonde::enrich_context::store {

[[nodiscard]] taken learn_process_event(knowledge& in, const schema::envelope_view& envelope);
[[nodiscard]] taken learn_connection(knowledge& in, const schema::envelope_view& envelope);
[[nodiscard]] taken learn_container_event(knowledge& in, const schema::envelope_view& envelope);
// What another host is; this one reads its own facts.
[[nodiscard]] taken learn_host(knowledge& in, const schema::envelope_view& envelope);
[[nodiscard]] taken learn_object(knowledge& in, const schema::envelope_view& envelope);
// What the envelope itself says of its cgroup and container, whatever its payload.
void learn_origin(knowledge& in, const schema::envelope_view& envelope);

// A process as one event tells of it; what it does not say is empty.
struct process_facts {
    std::uint32_t pid = 0;
    std::uint64_t start = 0;
    std::uint32_t parent = 0;
    std::string_view name;
    std::string_view executable;
    std::optional<std::uint32_t> user;
    std::uint64_t cgroup_id = 0;
    std::string_view cgroup_path;
    std::string_view container_id;
    std::string_view pod_uid;
    std::string_view arguments;  // encoded as in ProcessContext
    bool is_in_pid_namespace = false;
    bool is_exec = false;
};
// The slot of the process, made if need be; no_slot if the facts do not say which process it is.
std::uint32_t learn_process(knowledge& in, text_id node, const process_facts& facts, std::uint64_t time);
void end_process(knowledge& in, std::uint32_t slot, std::uint64_t time);

// The container's slot, made if need be.
[[nodiscard]] std::uint32_t make_container(knowledge& in, std::string_view id);
// What the cgroup of a process tells of its container.
std::uint32_t learn_container_cgroup(knowledge& in, text_id node, std::string_view id, std::uint64_t cgroup_id,
                                     std::string_view pod_uid);
void learn_cgroup(knowledge& in, text_id node, std::uint64_t id, std::string_view container_id,
                  std::string_view pod_uid);
// Replaces what `source` says; null: it says nothing any more.
void set_container_facts(knowledge& in, std::uint32_t slot, container_source source,
                         std::unique_ptr<container_facts> facts);
// Marks it deleted if no source holds it any more and no process runs in it.
void judge_container(knowledge& in, std::uint32_t slot);

}  // namespace sonde::enrich_context::store
