// SPDX-License-Identifier: Apache-2.0
// Which services select which pods, in both directions and exact after each change: by the labels that a service's
// selector names, or, for a service without a selector, by its endpoints. A pod that has finished is behind no service.
#pragma once

#include "enrich_context/store/knowledge.hpp"

namespace sonde::enrich_context::store {

// After a change of the pod's labels or life, or of the endpoints that name it.
void match_pod(knowledge& in, std::uint32_t pod);
// After a change of the service's selector or life, or of its endpoints.
void match_service(knowledge& in, std::uint32_t service);
// Before the record goes.
void unmatch_pod(knowledge& in, std::uint32_t pod);
void unmatch_service(knowledge& in, std::uint32_t service);

// Lists of the pods and services of a namespace.
void enter_namespace(knowledge& in, std::uint32_t slot);
void leave_namespace(knowledge& in, std::uint32_t slot);

template <class Take>
void each_pod_of_namespace(knowledge& in, text_id name_space, Take&& take) {
    const auto first = in.first_pod_of_namespace.find(name_space);
    for (std::uint32_t slot = first == in.first_pod_of_namespace.end() ? no_slot : first->second; slot != no_slot;) {
        const std::uint32_t next = in.pods.table[slot].next_in_namespace;
        take(slot);
        slot = next;
    }
}

}  // namespace sonde::enrich_context::store
