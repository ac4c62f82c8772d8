// SPDX-License-Identifier: Apache-2.0
#include "ebpf/calls/caller.hpp"

namespace sonde::ebpf::calls {

sonde_process process_of(const sonde_caller& caller) noexcept {
    sonde_process made{};
    made.start_time = caller.process_start;
    made.cgroup_id = caller.cgroup_id;
    made.pid = caller.pid;
    made.tid = caller.tid;
    made.level = caller.level;
    made.network_namespace = caller.network_namespace;
    return made;
}

}  // namespace sonde::ebpf::calls
