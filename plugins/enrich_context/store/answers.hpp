// SPDX-License-Identifier: Apache-2.0
// Look-ups: which sections there are, and why others are missing. Nothing here allocates.
#pragma once

#include "enrich_context/store/knowledge.hpp"

namespace sonde::enrich_context::store {

[[nodiscard]] answer find_subject(knowledge& in, const subject& who);
[[nodiscard]] answer find_remote(knowledge& in, const remote& where);
// Makes room for the largest answer; to be called after each change.
void reserve_answers(knowledge& in);

}  // namespace sonde::enrich_context::store
