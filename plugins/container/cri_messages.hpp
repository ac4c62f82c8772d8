// SPDX-License-Identifier: Apache-2.0
// Readers of the messages of the Kubernetes container runtime interface, package runtime.v1 (k8s.io/cri-api,
// pkg/apis/runtime/v1/api.proto): only the fields that are used. Malformed bytes give false, never more than was there.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "container/facts.hpp"

namespace sonde::container::cri {

using bytes = std::span<const std::uint8_t>;

// VersionResponse: "containerd", "1.6.20".
struct version {
    std::string runtime;
    std::string release;
};
[[nodiscard]] bool read_version(bytes message, version& to);

// ListContainersResponse; sandbox_id says which pod. ListPodSandboxResponse: the sandboxes themselves.
[[nodiscard]] bool read_containers(bytes message, std::vector<container_facts>& to);
[[nodiscard]] bool read_sandboxes(bytes message, std::vector<container_facts>& to);

// ContainerStatusResponse and PodSandboxStatusResponse. `info` gets the runtime's own JSON, if it was asked for.
[[nodiscard]] bool read_container_status(bytes message, container_facts& to, std::string& info);
[[nodiscard]] bool read_sandbox_status(bytes message, container_facts& to, std::string& info);

// ContainerEventResponse.
struct event {
    enum class kind : std::uint8_t { created = 0, started = 1, stopped = 2, deleted = 3 };
    std::string container_id;
    kind what = kind::created;
    std::string sandbox_id;
};
[[nodiscard]] bool read_event(bytes message, event& to);

// ContainerStatusRequest and PodSandboxStatusRequest, which are alike: an id, and that `info` is wanted.
[[nodiscard]] std::string status_request(std::string_view id);

}  // namespace sonde::container::cri
