// SPDX-License-Identifier: Apache-2.0
// Field numbers of proto/sonde/v1/container.proto, and of ContainerContext in entity.proto, for the wire writer. A test
// compares every row with the descriptors.
#pragma once

#include <cstdint>
#include <string_view>

namespace sonde::container::schema {

inline constexpr std::string_view content_type = "sonde.v1.ContainerEvent";
inline constexpr std::uint32_t revision = 1;

// sonde.v1.ContainerEvent.Action
enum class action : std::uint8_t { started = 1, updated = 2, exited = 3, deleted = 4, synced = 5 };

enum event_field : std::uint32_t {
    event_action = 1,
    event_container = 2,
    event_state = 3,
    event_source = 4,
    event_known_by = 5,
    event_cgroup_path = 6,
    event_network_namespace = 7,
    event_is_host_network = 8,
    event_ip_addresses = 9,
    event_ports = 10,
    event_pod_name = 11,
    event_pod_namespace = 12,
    event_sandbox_id = 13,
    event_runtime_namespace = 14,
    event_contradictions = 15,
    event_container_count = 16,
};

enum port_field : std::uint32_t {
    port_container_port = 1,
    port_host_port = 2,
    port_host_address = 3,
    port_protocol = 4,
};

enum context_field : std::uint32_t {
    context_id = 1,
    context_name = 2,
    context_runtime = 3,
    context_image_name = 4,
    context_image_tag = 5,
    context_image_id = 6,
    context_pod_uid = 7,
    context_created = 8,
    context_started = 9,
    context_finished = 10,
    context_exit_code = 11,
    context_cgroup_id = 12,
    context_init_pid = 13,
    context_labels = 14,
    context_type = 15,
    context_restart_count = 16,
};

}  // namespace sonde::container::schema
