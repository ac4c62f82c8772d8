// SPDX-License-Identifier: Apache-2.0
// Field numbers of proto/sonde/v1/cni.proto for the wire writer. A test compares every row with the descriptors.
#pragma once

#include <cstdint>
#include <string_view>

namespace sonde::cni::schema {

inline constexpr std::string_view content_type = "sonde.v1.CniEvent";
inline constexpr std::uint32_t revision = 1;

enum class kind : std::uint8_t {
    unspecified = 0,
    plugin_run = 1,
    address_allocated = 2,
    address_released = 3,
    interface_up = 4,
    interface_down = 5,
    route_added = 6,
    route_removed = 7,
    policy_applied = 8,
    policy_removed = 9,
    config_changed = 10,
    health = 11,
    error = 12,
    log = 13,
    namespace_created = 14,
    namespace_removed = 15,
    result_added = 16,
    result_removed = 17,
    pool = 18,
    interface_added = 19,
    interface_removed = 20,
    address_added = 21,
    address_removed = 22,
};
enum class source : std::uint8_t { unspecified = 0, log = 1, execution = 2, config = 3, state = 4, network = 5 };
enum class operation : std::uint8_t { unspecified = 0, add = 1, del = 2, check = 3, gc = 4, status = 5, version = 6 };
enum class config_action : std::uint8_t { unspecified = 0, listed = 1, added = 2, changed = 3, removed = 4 };

enum event_field : std::uint32_t {
    event_kind = 1,
    event_source = 2,
    event_operation = 3,
    event_severity = 4,
    event_family = 5,
    event_plugin = 6,
    event_network = 7,
    event_cni_version = 8,
    event_container_id = 9,
    event_pod_uid = 10,
    event_pod_name = 11,
    event_pod_namespace = 12,
    event_netns = 13,
    event_netns_inode = 14,
    event_interface = 15,
    event_addresses = 16,
    event_subnet = 17,
    event_gateway = 18,
    event_routes = 19,
    event_dns = 20,
    event_capabilities = 21,
    event_duration = 22,
    event_exit_code = 23,
    event_exit_signal = 24,
    event_success = 25,
    event_error = 26,
    event_level = 27,
    event_message = 28,
    event_raw = 29,
    event_raw_truncated = 30,
    event_pid = 31,
    event_arguments = 32,
    event_path = 33,
    event_offset = 34,
    event_mac_address = 35,
    event_mtu = 36,
    event_interface_index = 37,
    event_config_change = 38,
    event_pool = 39,
};
enum route_field : std::uint32_t { route_destination = 1, route_gateway = 2 };
enum dns_field : std::uint32_t { dns_servers = 1, dns_domain = 2, dns_search = 3, dns_options = 4 };
enum change_field : std::uint32_t {
    change_action = 1,
    change_plugins = 2,
    change_differences = 3,
    change_differences_left_out = 4,
};
enum difference_field : std::uint32_t { difference_key = 1, difference_before = 2, difference_after = 3 };
enum pool_field : std::uint32_t { pool_used = 1, pool_size = 2 };

}  // namespace sonde::cni::schema
