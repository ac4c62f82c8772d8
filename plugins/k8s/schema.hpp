// SPDX-License-Identifier: Apache-2.0
// Field numbers of proto/sonde/v1/kubernetes.proto for the wire writer. A test compares every row with the descriptor.
#pragma once

#include <cstdint>
#include <string_view>

namespace sonde::k8s::schema {

inline constexpr std::string_view object_type = "sonde.v1.KubernetesObject";
inline constexpr std::string_view kubelet_event_type = "sonde.v1.KubeletEvent";
inline constexpr std::string_view kubelet_stats_type = "sonde.v1.KubeletStats";
inline constexpr std::uint32_t revision = 1;

namespace object {
enum field : std::uint32_t {
    action = 1,
    origin = 2,
    api_version = 3,
    kind = 4,
    in_namespace = 5,
    name = 6,
    uid = 7,
    resource_version = 8,
    generation = 9,
    creation_time = 10,
    deletion_time = 11,
    labels = 12,
    annotations = 13,
    owners = 14,
    relations = 15,
    relations_truncated = 16,
    object_json = 17,
    object_json_left_out = 18,
    event = 19,
    top_owner = 20,
    cluster_uid = 21,
    object_count = 22,
};
}  // namespace object

namespace owner {
enum field : std::uint32_t { kind = 1, name = 2, uid = 3, controller = 4, api_version = 5 };
}  // namespace owner

namespace reference {
enum field : std::uint32_t { kind = 1, name = 2, uid = 3 };
}  // namespace reference

namespace relation {
enum field : std::uint32_t { type = 1, kind = 2, in_namespace = 3, name = 4, uid = 5, selector = 6 };
}  // namespace relation

namespace event {
enum field : std::uint32_t {
    type = 1,
    reason = 2,
    message = 3,
    involved = 4,
    count = 5,
    first_time = 6,
    last_time = 7,
    reporting_component = 8,
    reporting_instance = 9,
    action = 10,
};
}  // namespace event

namespace involved {
enum field : std::uint32_t { kind = 1, in_namespace = 2, name = 3, uid = 4, field_path = 5, api_version = 6 };
}  // namespace involved

namespace condition {
enum field : std::uint32_t {
    condition = 1,
    ended = 2,
    in_namespace = 3,
    pod_name = 4,
    pod_uid = 5,
    container = 6,
    container_id = 7,
    reason = 8,
    message = 9,
    restart_count = 10,
    exit_code = 11,
    value = 12,
    limit = 13,
};
}  // namespace condition

namespace stats {
enum field : std::uint32_t {
    in_namespace = 1,
    pod_name = 2,
    pod_uid = 3,
    container = 4,
    cpu_usage_nano_cores = 5,
    cpu_usage_core_nano_seconds = 6,
    memory_usage = 7,
    memory_working_set = 8,
    memory_rss = 9,
    memory_available = 10,
    ephemeral_storage_used = 11,
    ephemeral_storage_capacity = 12,
    network_received = 13,
    network_transmitted = 14,
};
}  // namespace stats

}  // namespace sonde::k8s::schema
