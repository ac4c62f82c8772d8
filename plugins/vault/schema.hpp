// SPDX-License-Identifier: Apache-2.0
// Field numbers of proto/sonde/v1/vault.proto, and of metric.proto as far as it is used, for the wire writer. A test
// compares every row with the descriptors.
#pragma once

#include <cstdint>
#include <string_view>

namespace sonde::vault::schema {

inline constexpr std::string_view status_type = "sonde.v1.VaultStatus";
inline constexpr std::string_view audit_type = "sonde.v1.VaultAuditEvent";
inline constexpr std::string_view metric_type = "sonde.v1.MetricSet";
inline constexpr std::uint32_t revision = 1;

// sonde.v1.VaultStatus.Action
enum class status_action : std::uint8_t { sampled = 1, changed = 2 };
// sonde.v1.VaultStatus.Change
enum class change : std::uint8_t {
    answers = 1,
    silent = 2,
    initialized = 3,
    sealed = 4,
    unsealed = 5,
    active = 6,
    standby = 7,
    leader = 8,
    version = 9,
    replication = 10,
    unseal_progress = 11,
};
// sonde.v1.VaultStatus.State
enum class state : std::uint8_t {
    unknown = 0,
    active = 1,
    standby = 2,
    dr_secondary = 3,
    performance_standby = 4,
    cut_off_standby = 5,
    not_initialized = 6,
    sealed = 7,
    removed = 8,
    silent = 9,
};
// sonde.v1.VaultAuditEvent.Type and Source
enum class entry_type : std::uint8_t { request = 1, response = 2 };
enum class entry_source : std::uint8_t { file = 1, socket = 2 };

enum status_field : std::uint32_t {
    status_action_field = 1,
    status_changes = 2,
    status_address = 3,
    status_state = 4,
    status_previous_state = 5,
    status_failure = 6,
    status_health_code = 7,
    status_initialized = 8,
    status_sealed = 9,
    status_standby = 10,
    status_performance_standby = 11,
    status_version = 12,
    status_cluster_name = 13,
    status_cluster_id = 14,
    status_server_time = 15,
    status_seal_type = 16,
    status_storage_type = 17,
    status_unseal_threshold = 18,
    status_unseal_shares = 19,
    status_unseal_progress = 20,
    status_recovery_seal = 21,
    status_migration = 22,
    status_ha_enabled = 23,
    status_is_leader = 24,
    status_leader_address = 25,
    status_leader_cluster_address = 26,
    status_previous_leader_address = 27,
    status_active_since = 28,
    status_raft_committed_index = 29,
    status_raft_applied_index = 30,
    status_replications = 31,
};

enum replication_field : std::uint32_t {
    replication_kind = 1,
    replication_mode = 2,
    replication_state = 3,
    replication_cluster_id = 4,
    replication_primary_cluster_address = 5,
    replication_last_wal = 6,
    replication_last_remote_wal = 7,
    replication_known_secondaries = 8,
    replication_peers = 9,
};

enum peer_field : std::uint32_t {
    peer_node_id = 1,
    peer_api_address = 2,
    peer_cluster_address = 3,
    peer_connection_status = 4,
};

enum audit_field : std::uint32_t {
    audit_type_field = 1,
    audit_source = 2,
    audit_time = 3,
    audit_request_id = 4,
    audit_operation = 5,
    audit_path = 6,
    audit_mount_point = 7,
    audit_mount_type = 8,
    audit_mount_class = 9,
    audit_mount_accessor = 10,
    audit_namespace_id = 11,
    audit_namespace_path = 12,
    audit_display_name = 13,
    audit_policies = 14,
    audit_entity_id = 15,
    audit_token_type = 16,
    audit_allowed = 17,
    audit_remote_address = 18,
    audit_remote_port = 19,
    audit_forwarded_from = 20,
    audit_errors = 21,
    audit_error_withheld = 22,
    audit_hmac_fields = 23,
    audit_hmac_fields_left_out = 24,
    audit_headers = 25,
    audit_values_withheld = 26,
};

// sonde.v1.MetricKind
enum class metric_kind : std::uint8_t { unspecified = 0, gauge = 1, monotonic_sum = 2 };

enum set_field : std::uint32_t { set_group = 1, set_metrics = 2 };
enum metric_field : std::uint32_t {
    metric_name = 1,
    metric_unit = 2,
    metric_kind_field = 3,
    metric_description = 4,
    metric_points = 6,
};
enum point_field : std::uint32_t { point_attributes = 1, point_double_value = 3, point_time = 7 };

}  // namespace sonde::vault::schema
