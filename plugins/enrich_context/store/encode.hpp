// SPDX-License-Identifier: Apache-2.0
// Records as the messages of entity.proto. The writers append fields; the caller opens and closes the message.
#pragma once

#include <sonde/wire.hpp>

#include "enrich_context/store/knowledge.hpp"

namespace sonde::enrich_context::store {

void write_process(knowledge& in, const process_record& process, wire::writer& out);
void write_container(knowledge& in, const container_record& container, wire::writer& out);
// `workload` is the end of its chain of controllers (workload_of.hpp), or empty.
void write_pod(knowledge& in, const pod_record& pod, const reference_record& workload, wire::writer& out);
void write_service(const knowledge& in, const service_record& service, wire::writer& out);
void write_service_with_pods(knowledge& in, const service_record& service, wire::writer& out);
void write_node(const knowledge& in, const node_record& node, wire::writer& out);
void write_workload(const knowledge& in, const reference_record& what, text_id name_space, wire::writer& out);
void write_namespace(const knowledge& in, const namespace_record& of, wire::writer& out);

// Appends one entry of a map as field `number`, if `list` has its name.
void append_listed(const std::vector<std::string>& list, std::uint32_t number, std::string_view name,
                   std::string_view value, std::string& to);

// What all sources of a container together say; texts stay those of the sources.
[[nodiscard]] container_facts merged(const container_record& container);

}  // namespace sonde::enrich_context::store
