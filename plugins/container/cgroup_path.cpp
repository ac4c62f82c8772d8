// SPDX-License-Identifier: Apache-2.0
#include "container/cgroup_path.hpp"

#include <array>
#include <utility>

#include "common/container_id.hpp"

namespace sonde::container {
namespace {

// Before the id in the last segment, with either driver: "docker-<id>.scope", "libpod-<id>". With a slice in front for
// containerd as runc's systemd driver splits it: "slice:cri-containerd:<id>".
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> prefixes{{
    {"docker-", "docker"},
    {"cri-containerd-", "containerd"},
    {"cri-containerd:", "containerd"},
    {"crio-", "cri-o"},
    {"libpod-", "podman"},
    {"nerdctl-", "containerd"},
}};
// Or the segment before it: "/docker/<id>", "/libpod_parent/<id>".
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> parents{{
    {"docker", "docker"},
    {"libpod_parent", "podman"},
}};

std::string_view runtime_of(std::string_view parent, std::string_view segment) noexcept {
    for (const auto& [prefix, runtime] : prefixes) {
        const std::size_t at = segment.find(prefix);
        if (at == 0 || (at != std::string_view::npos && segment[at - 1] == ':')) {
            return runtime;
        }
    }
    for (const auto& [name, runtime] : parents) {
        if (parent == name) {
            return runtime;
        }
    }
    return {};
}

}  // namespace

container_facts container_of_cgroup(std::string_view path) {
    container_facts facts;
    const std::size_t slash = path.rfind('/');
    const std::string_view segment = slash == std::string_view::npos ? path : path.substr(slash + 1);
    const std::string_view id = common::container_id(segment);
    if (id.empty()) {
        return facts;
    }
    const std::string_view above = slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
    facts.id = id;
    facts.runtime = runtime_of(above.substr(above.rfind('/') + 1), segment);
    facts.pod_uid = common::pod_uid(path);
    facts.cgroup_path = path;
    return facts;
}

}  // namespace sonde::container
