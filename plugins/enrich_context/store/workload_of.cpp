// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/store/workload_of.hpp"

namespace sonde::enrich_context::store {
namespace {

bool ends_chain(std::string_view kind) noexcept {
    return kind == "Deployment" || kind == "StatefulSet" || kind == "DaemonSet" || kind == "CronJob";
}

}  // namespace

workload_answer workload_of(knowledge& in, const pod_record& pod) {
    if (!pod.has_status) {
        return {{}, in.round_of(object_kind::pod).state == source_state::none ? reason::no_source : reason::not_synced};
    }
    if (pod.owner.kind == 0 || pod.is_static) {
        return {{}, reason::not_applicable};
    }
    const std::string_view kind = in.view(pod.owner.kind);
    if (kind != "ReplicaSet" && kind != "Job") {
        return {pod.owner, reason::none};
    }
    if (const std::uint32_t slot = in.workload_slot(pod.owner.uid); slot != no_slot) {
        const workload_record& between = in.workloads.table[slot];
        return {between.owner.kind == 0 ? pod.owner : between.owner, reason::none};
    }
    if (ends_chain(in.view(pod.top_owner.kind))) {
        return {pod.top_owner, reason::none};
    }
    switch (in.round_of(kind == "Job" ? object_kind::job : object_kind::replica_set).state) {
    case source_state::none: return {pod.owner, reason::no_source};
    case source_state::syncing: return {pod.owner, reason::not_synced};
    case source_state::synced: break;
    }
    return {pod.owner, in.forgotten.contains(in.hash(in.view(pod.owner.uid))) ? reason::evicted : reason::not_found};
}

}  // namespace sonde::enrich_context::store
