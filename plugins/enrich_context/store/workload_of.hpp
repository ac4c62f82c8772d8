// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "enrich_context/store/knowledge.hpp"

namespace sonde::enrich_context::store {

// The end of a pod's chain of controllers; `missing` says why it is not the end, or why there is none.
struct workload_answer {
    reference_record what;
    reason missing = reason::none;
};
[[nodiscard]] workload_answer workload_of(knowledge& in, const pod_record& pod);

}  // namespace sonde::enrich_context::store
