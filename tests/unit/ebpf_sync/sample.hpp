// SPDX-License-Identifier: Apache-2.0
// Sums of a process, as the kernel side would hand them over.
#pragma once

#include <cstring>
#include <initializer_list>
#include <utility>

#include "ebpf/sync/ledger.hpp"

namespace sonde::ebpf::sync {

inline row sample(std::uint32_t pid, sonde_sync_call call,
                  std::initializer_list<std::pair<std::size_t, std::uint64_t>> buckets) {
    row made;
    made.key = {7'000'000'000, pid, static_cast<std::uint32_t>(call)};
    made.value.caller.process_start = made.key.process_start;
    made.value.caller.cgroup_id = 77;
    made.value.caller.pid = pid;
    made.value.caller.tid = pid + 1;
    std::memcpy(made.value.caller.name, "etcd", 5);
    made.value.since = 1'000;
    for (const auto& [bucket, count] : buckets) {
        made.value.buckets[bucket] = count;
    }
    return made;
}

}  // namespace sonde::ebpf::sync
