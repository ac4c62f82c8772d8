// SPDX-License-Identifier: Apache-2.0
#include "ebpf/process/cgroup_family.hpp"

#include <utility>

#include <sonde_bpf/cgroup.h>

#include "ebpf/map_metrics.hpp"
#include "ebpf/process/record.hpp"

namespace sonde::ebpf::process {

cgroup_family::cgroup_family(const host& on, std::shared_ptr<cgroup_names> names)
    : names_(std::move(names)),
      entries_(on.make_gauge(map_metrics::entries, "{entry}", map_metrics::entries_help, {{"map", "cgroup_names"}})) {
    on.make_gauge(map_metrics::capacity, "{entry}", map_metrics::capacity_help, {{"map", "cgroup_names"}})
        .set(static_cast<std::int64_t>(cgroup_names::most_kept));
}

void cgroup_family::tick(std::chrono::nanoseconds now) {
    names_->sweep(now);
    entries_.set(static_cast<std::int64_t>(names_->size()));
}

bool cgroup_family::on_record(const sonde_event& event, std::span<const std::byte> record) {
    if (event.type == SONDE_EVENT_CGROUP_GONE) {
        const auto* const gone = as<sonde_cgroup_gone>(record);
        if (gone != nullptr) {
            names_->end(gone->id, std::chrono::nanoseconds(event.time));
        }
        return gone != nullptr;
    }
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
