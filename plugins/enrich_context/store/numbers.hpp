// SPDX-License-Identifier: Apache-2.0
// Field numbers of the messages that the store reads and writes, for the wire format without protobuf. A test compares
// every row with the descriptors.
#pragma once

#include <cstdint>
#include <string_view>

namespace sonde::enrich_context::store::numbers {

inline constexpr std::string_view process_type = "sonde.v1.ProcessEvent";
inline constexpr std::string_view connection_type = "sonde.v1.ConnectionEvent";
inline constexpr std::string_view container_type = "sonde.v1.ContainerEvent";
inline constexpr std::string_view object_type = "sonde.v1.KubernetesObject";

namespace event {
enum : std::uint32_t { action = 1, kind = 2, key = 3, revision = 4, first_entity = 5 };
// EntityEvent has its entities at 5 to 12 in the order of EntityKind.
[[nodiscard]] constexpr std::uint32_t entity_field(std::uint32_t kind) noexcept { return first_entity + kind - 1; }
}  // namespace event

namespace context {
enum : std::uint32_t { host = 1, process = 2, container = 3, pod = 4, node = 5, services = 6, missing = 8 };
enum : std::uint32_t { missing_section = 1, missing_reason = 2 };
enum class section : std::uint8_t { process = 1, container = 2, pod = 3, workload = 4, service = 5 };
}  // namespace context

namespace process {  // ProcessContext
enum : std::uint32_t {
    pid = 1,
    create_time = 2,
    parent_pid = 3,
    name = 4,
    executable_path = 5,
    command_args = 6,
    user_id = 7,
    cgroup_id = 8,
    container_id = 9,
    service_name = 10,
    is_exited = 11,
};
}  // namespace process

namespace container {  // ContainerContext
enum : std::uint32_t {
    id = 1,
    name = 2,
    runtime = 3,
    image_name = 4,
    image_tag = 5,
    image_id = 6,
    pod_uid = 7,
    created_time = 8,
    started_time = 9,
    finished_time = 10,
    exit_code = 11,
    cgroup_id = 12,
    init_pid = 13,
    labels = 14,
    type = 15,
    restart_count = 16,
};
}  // namespace container

namespace pod {  // PodContext
enum : std::uint32_t {
    uid = 1,
    name = 2,
    name_space = 3,
    node_name = 4,
    ip_addresses = 5,
    is_host_network = 6,
    start_time = 7,
    phase = 8,
    labels = 9,
    workload = 10,
    service_account = 11,
    is_static = 12,
};
}  // namespace pod

namespace service {  // ServiceContext
enum : std::uint32_t { name_space = 1, name = 2, uid = 3, cluster_ip_addresses = 4, type = 5, pod_uids = 6 };
}

namespace node {  // NodeContext
enum : std::uint32_t {
    name = 1,
    uid = 2,
    ip_addresses = 3,
    zone = 4,
    region = 5,
    provider_id = 6,
    kubelet_version = 7,
};
}  // namespace node

namespace workload {  // WorkloadContext
enum : std::uint32_t { kind = 1, name = 2, uid = 3, name_space = 4 };
}

namespace name_space {  // NamespaceContext
enum : std::uint32_t { name = 1, uid = 2, labels = 3 };
}

namespace process_event {
enum : std::uint32_t { kind = 1, process = 2, snapshot_number = 7, snapshot_end = 8 };
enum class event_kind : std::uint32_t {
    exec = 1,
    fork = 2,
    exit = 3,
    comm = 4,
    uid = 5,
    gid = 6,
    sample = 7,
    snapshot_end = 8,
    source_end = 9,
};
enum : std::uint32_t { end_processes = 1, end_is_partial = 3, end_is_watched = 5, end_began_time = 6 };  // SnapshotEnd
}  // namespace process_event

namespace observed_process {  // Process
enum : std::uint32_t {
    pid = 1,
    parent_pid = 2,
    name = 3,
    command_args = 4,
    executable_path = 6,
    create_time = 7,
    user_id = 9,
    cgroup_id = 18,
    cgroup_path = 19,
    container_id = 20,
    is_container = 31,
};
}  // namespace observed_process

namespace connection_event {
enum : std::uint32_t { connection = 2 };
}

namespace connection {  // Connection
enum : std::uint32_t {
    local_address = 1,
    local_port = 2,
    peer_address = 3,
    peer_port = 4,
    transport = 5,
    role = 8,
    pid = 10,
    process_create_time = 12,
    process_name = 13,
    cgroup_id = 14,
    container_id = 15,
    network_namespace = 16,
    created_time = 21,
    ended_time = 23,
    closed = 27,
    peer = 32,
};
inline constexpr std::uint64_t role_server = 2;
inline constexpr std::uint64_t transport_udp = 2;
enum : std::uint32_t {  // ConnectionPeer
    end_pid = 1,
    end_create_time = 2,
    end_process_name = 3,
    end_cgroup_id = 4,
    end_container_id = 5,
    end_network_namespace = 6,
};
}  // namespace connection

namespace container_event {
enum : std::uint32_t {
    action = 1,
    container = 2,
    cgroup_path = 6,
    is_host_network = 8,
    ip_addresses = 9,
    pod_name = 11,
    pod_namespace = 12,
    container_count = 16,
};
enum class event_action : std::uint32_t { started = 1, updated = 2, exited = 3, deleted = 4, synced = 5 };
}  // namespace container_event

namespace object {  // KubernetesObject
enum : std::uint32_t {
    action = 1,
    origin = 2,
    kind = 4,
    name_space = 5,
    name = 6,
    uid = 7,
    resource_version = 8,
    creation_time = 10,
    deletion_time = 11,
    labels = 12,
    annotations = 13,
    owners = 14,
    relations = 15,
    relations_truncated = 16,
    object_json = 17,
    top_owner = 20,
    object_count = 22,
};
enum class object_action : std::uint32_t { added = 1, modified = 2, deleted = 3, synced = 4 };
enum class object_origin : std::uint32_t { watch = 1, list = 2, relist = 3, snapshot = 4, amendment = 5 };
enum : std::uint32_t { owner_kind = 1, owner_name = 2, owner_uid = 3, owner_controller = 4 };  // also a reference
enum : std::uint32_t { relation_type = 1, relation_kind = 2, relation_name = 4, relation_uid = 5 };
inline constexpr std::uint64_t relation_selects = 4;
inline constexpr std::uint64_t relation_endpoint_for = 6;
}  // namespace object

}  // namespace sonde::enrich_context::store::numbers
