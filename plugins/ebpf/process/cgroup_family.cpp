// SPDX-License-Identifier: Apache-2.0
#include "ebpf/process/cgroup_family.hpp"

#include <sonde_bpf/cgroup.h>

#include "ebpf/process/record.hpp"

namespace sonde::ebpf::process {

bool cgroup_family::on_record(const sonde_event&, std::span<const std::byte> record) {
    const auto* const made = as<sonde_cgroup>(record);
    if (made == nullptr || made->path_size >= SONDE_CGROUP_PATH) {
        return false;
    }
    // One that fills its room may have been cut.
    if (made->path_size > 0 && made->path_size < SONDE_CGROUP_PATH - 1) {
        names_->learn(made->id, {made->path, made->path_size});
    }
    return true;
}

}  // namespace sonde::ebpf::process
