// SPDX-License-Identifier: Apache-2.0
// Readers of the messages of containerd's own interface (api/services/*/v1/*.proto, api/events/*.proto of containerd):
// only the fields that are used. Malformed bytes give false, never more than was there.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "container/facts.hpp"

namespace sonde::container::containerd {

using bytes = std::span<const std::uint8_t>;

// namespaces.v1.ListNamespacesResponse.
[[nodiscard]] bool read_namespaces(bytes message, std::vector<std::string>& to);

struct listed_container {
    container_facts facts;
    std::string spec;  // OCI configuration, JSON
};
// containers.v1.ListContainersResponse; GetContainerResponse is alike, with one.
[[nodiscard]] bool read_containers(bytes message, std::vector<listed_container>& to);

// tasks.v1.ListTasksResponse and GetResponse: state, process and end of a container, the rest is empty.
[[nodiscard]] bool read_tasks(bytes message, std::vector<container_facts>& to);

// events.v1.Envelope with one of the events about containers and their first processes.
struct event {
    enum class kind : std::uint8_t { other, created, deleted, started, exited, changed };
    kind what = kind::other;
    std::string runtime_namespace;
    std::string container_id;
    std::uint32_t pid = 0;
    std::int64_t time = 0;  // Unix ns
    std::int32_t exit_code = 0;
};
[[nodiscard]] bool read_event(bytes message, event& to);

// A request whose only field, the first, is an id.
[[nodiscard]] std::string id_request(std::string_view id);

}  // namespace sonde::container::containerd
