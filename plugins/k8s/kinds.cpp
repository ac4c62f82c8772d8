// SPDX-License-Identifier: Apache-2.0
#include "k8s/kinds.hpp"

#include <algorithm>

namespace sonde::k8s {
namespace {

// Core events come first: every server has them, and they carry counts and times that events.k8s.io calls deprecated.
constexpr std::array<kind_info, kind_count> kinds{{
    {kind_id::namespaces, "namespaces", "Namespace", false, {"v1"}},
    {kind_id::nodes, "nodes", "Node", false, {"v1"}},
    {kind_id::deployments, "deployments", "Deployment", true, {"apps/v1"}},
    {kind_id::daemonsets, "daemonsets", "DaemonSet", true, {"apps/v1"}},
    {kind_id::statefulsets, "statefulsets", "StatefulSet", true, {"apps/v1"}},
    {kind_id::cronjobs, "cronjobs", "CronJob", true, {"batch/v1", "batch/v1beta1"}},
    {kind_id::jobs, "jobs", "Job", true, {"batch/v1"}},
    {kind_id::replicasets, "replicasets", "ReplicaSet", true, {"apps/v1"}},
    {kind_id::services, "services", "Service", true, {"v1"}},
    {kind_id::endpoints, "endpoints", "Endpoints", true, {"v1"}},
    {kind_id::endpointslices,
     "endpointslices",
     "EndpointSlice",
     true,
     {"discovery.k8s.io/v1", "discovery.k8s.io/v1beta1"}},
    {kind_id::configmaps, "configmaps", "ConfigMap", true, {"v1"}},
    {kind_id::serviceaccounts, "serviceaccounts", "ServiceAccount", true, {"v1"}},
    {kind_id::persistentvolumes, "persistentvolumes", "PersistentVolume", false, {"v1"}},
    {kind_id::persistentvolumeclaims, "persistentvolumeclaims", "PersistentVolumeClaim", true, {"v1"}},
    {kind_id::pods, "pods", "Pod", true, {"v1"}},
    {kind_id::horizontalpodautoscalers,
     "horizontalpodautoscalers",
     "HorizontalPodAutoscaler",
     true,
     {"autoscaling/v2", "autoscaling/v1"}},
    {kind_id::poddisruptionbudgets, "poddisruptionbudgets", "PodDisruptionBudget", true, {"policy/v1"}},
    {kind_id::networkpolicies, "networkpolicies", "NetworkPolicy", true, {"networking.k8s.io/v1"}},
    {kind_id::events, "events", "Event", true, {"v1", "events.k8s.io/v1"}},
}};

}  // namespace

const kind_info& info_of(kind_id id) noexcept { return kinds[static_cast<std::size_t>(id)]; }

const kind_info* find_kind(std::string_view kind) noexcept {
    const auto* const found = std::ranges::find(kinds, kind, &kind_info::kind);
    return found == kinds.end() ? nullptr : &*found;
}

std::span<const kind_info> all_kinds() noexcept { return kinds; }

result<std::vector<kind_id>> parse_kinds(const std::vector<std::string>& resources) {
    std::vector<kind_id> parsed;
    for (const std::string& each : resources) {
        if (each == "secrets") {
            return fail(errc::denied, "secrets are never read; remove them from the list", "kinds");
        }
        const auto* const found = std::ranges::find(kinds, each, &kind_info::resource);
        if (found == kinds.end()) {
            std::string known;
            for (const kind_info& kind : kinds) {
                known.append(known.empty() ? "" : ", ").append(kind.resource);
            }
            std::string text = "'" + each;
            text.append("' is not a kind that can be watched; those are ").append(known);
            return fail(errc::invalid, std::move(text), "kinds");
        }
        parsed.push_back(found->id);
    }
    std::ranges::sort(parsed);
    const auto repeated = std::ranges::unique(parsed);
    parsed.erase(repeated.begin(), repeated.end());
    return parsed;
}

std::string path_of(const kind_info& kind, std::string_view version, std::string_view in_namespace) {
    std::string path(version.contains('/') ? "/apis/" : "/api/");
    path.append(version).append("/");
    if (!in_namespace.empty()) {
        path.append("namespaces/").append(in_namespace).append("/");
    }
    return path.append(kind.resource);
}

}  // namespace sonde::k8s
