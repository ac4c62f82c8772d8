// SPDX-License-Identifier: Apache-2.0
// The kinds of objects that can be watched: how the API calls them and which of its versions carry them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/result.hpp>

namespace sonde::k8s {

// In the order of their first lists: owners before what they own, so that an object's top owner is known when it comes.
enum class kind_id : std::uint8_t {
    namespaces,
    nodes,
    deployments,
    daemonsets,
    statefulsets,
    cronjobs,
    jobs,
    replicasets,
    services,
    endpoints,
    endpointslices,
    configmaps,
    serviceaccounts,
    persistentvolumes,
    persistentvolumeclaims,
    pods,
    horizontalpodautoscalers,
    poddisruptionbudgets,
    networkpolicies,
    events,
};
inline constexpr std::size_t kind_count = 20;

struct kind_info {
    kind_id id;
    std::string_view resource;  // in paths and options: "pods"
    std::string_view kind;      // in objects: "Pod"
    bool is_namespaced;
    // Group and version in order of preference: "v1", "apps/v1". The first that the server has is used.
    std::array<std::string_view, 2> versions;
};

[[nodiscard]] const kind_info& info_of(kind_id id) noexcept;
// Null for a kind that is not watched.
[[nodiscard]] const kind_info* find_kind(std::string_view kind) noexcept;
[[nodiscard]] std::span<const kind_info> all_kinds() noexcept;

// Resources as a user names them, in the order of their first lists, each once.
[[nodiscard]] result<std::vector<kind_id>> parse_kinds(const std::vector<std::string>& resources);

// "/api/v1/namespaces/shop/pods" or "/apis/apps/v1/deployments"; an empty namespace means all.
[[nodiscard]] std::string path_of(const kind_info& kind, std::string_view version, std::string_view in_namespace);

}  // namespace sonde::k8s
