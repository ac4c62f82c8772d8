// SPDX-License-Identifier: Apache-2.0
// The records that a question is about: at the time that it asks for, or none with the reason.
#pragma once

#include "enrich_context/store/knowledge.hpp"

namespace sonde::enrich_context::store {

struct found_process {
    process_record* record = nullptr;
    reason missing = reason::none;
};
struct found_container {
    container_record* record = nullptr;
    std::string_view id;  // of one that is not known, too
    reason missing = reason::none;
    std::string_view pod_uid{};  // that the cgroup tells of
};
struct found_pod {
    pod_record* record = nullptr;
    std::string_view uid;
    bool is_asked = false;          // the question names a pod
    reason missing = reason::none;  // none: as its uid or its container say
};

[[nodiscard]] found_process process_at(knowledge& in, const subject& who, text_id node, std::uint64_t time);
[[nodiscard]] found_container container_at(knowledge& in, const subject& who, text_id node,
                                           const found_process& process);
[[nodiscard]] found_pod pod_at(knowledge& in, const subject& who, std::uint64_t time, const found_container& container);
// Null if it is in none, or in one that is not known.
[[nodiscard]] pod_record* pod_of(knowledge& in, const container_record& container);

}  // namespace sonde::enrich_context::store
