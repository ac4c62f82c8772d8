// SPDX-License-Identifier: Apache-2.0
// Records as the messages of entity.proto. The writers append fields; the caller opens and closes the message.
#pragma once

#include <sonde/wire.hpp>

#include "enrich_context/store/knowledge.hpp"

namespace sonde::enrich_context::store {

void write_service_with_pods(knowledge& in, const service_record& service, wire::writer& out);

// The end of a pod's chain of controllers; `missing` says why it is not the end, or why there is none.
struct workload_answer {
    reference_record what;
    reason missing = reason::none;
};
[[nodiscard]] workload_answer workload_of(knowledge& in, const pod_record& pod);

// Appends one entry of a map as field `number`, if `list` has its name.
void append_listed(const std::vector<std::string>& list, std::uint32_t number, std::string_view name,
                   std::string_view value, std::string& to);

// What all sources of a container together say; texts stay those of the sources.
[[nodiscard]] container_facts merged(const container_record& container);

}  // namespace sonde::enrich_context::store
