// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/decode/entity_key.hpp"

#include <algorithm>
#include <array>

namespace sonde::enrich_context::decode {
namespace {

bool is_workload(std::string_view kind) noexcept {
    constexpr std::array<std::string_view, 7> kinds{"Deployment", "ReplicaSet", "StatefulSet",          "DaemonSet",
                                                    "Job",        "CronJob",    "ReplicationController"};
    return std::ranges::find(kinds, kind) != kinds.end();
}

}  // namespace

void write_key(const kubernetes_reference& of, decoded& to) {
    auto& key = to.key_text.begin();
    if (of.kind == "Pod") {
        if (of.uid.empty()) {
            return;
        }
        key.add("pod:").add(of.uid);
    } else if (of.kind == "Service") {
        key.add("service:").add(of.in_namespace).add("/").add(of.name);
    } else if (of.kind == "Node") {
        key.add("node:").add(of.name);
    } else if (of.kind == "Namespace") {
        key.add("namespace:").add(of.name);
    } else if (is_workload(of.kind)) {
        key.add("workload:").add(of.in_namespace).add("/").add(of.kind).add("/").add(of.name);
    } else {
        return;
    }
    to.entity_key = key.view();
}

std::string_view key_of_untold(const subject& about, key_buffer& buffer) {
    auto& key = buffer.begin();
    if (!about.container_id.empty()) {
        key.add("container:").add(about.container_id);
    } else if (!about.pod_uid.empty()) {
        key.add("pod:").add(about.pod_uid);
    } else if (!about.pod_name.empty() && !about.pod_namespace.empty()) {
        key.add("pod:").add(about.pod_namespace).add("/").add(about.pod_name);
    }
    return key.view();
}

}  // namespace sonde::enrich_context::decode
