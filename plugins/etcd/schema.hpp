// SPDX-License-Identifier: Apache-2.0
// Field numbers of proto/sonde/v1/etcd.proto for the wire writer. A test compares every row with the descriptors.
#pragma once

#include <cstdint>
#include <string_view>

namespace sonde::etcd::schema {

inline constexpr std::string_view event_type = "sonde.v1.EtcdEvent";
inline constexpr std::string_view status_type = "sonde.v1.EtcdStatus";
inline constexpr std::uint32_t revision = 1;

// sonde.v1.EtcdEvent.Kind
enum class event_kind : std::uint8_t { put = 1, removed = 2, gap = 3, resync = 4, synced = 5 };

enum event_field : std::uint32_t {
    event_kind_field = 1,
    event_key = 2,
    event_key_binary = 3,
    event_create_revision = 4,
    event_mod_revision = 5,
    event_version = 6,
    event_lease = 7,
    event_value = 8,
    event_previous = 9,
    event_kubernetes = 10,
    event_secret = 11,
    event_cluster_id = 12,
    event_revision = 13,
    event_from_revision = 14,
    event_reason = 15,
    event_range_begin = 16,
    event_range_end = 17,
    event_key_count = 18,
};

enum value_field : std::uint32_t { value_size = 1, value_text = 2, value_binary = 3, value_truncated = 4 };

enum previous_field : std::uint32_t {
    previous_create_revision = 1,
    previous_mod_revision = 2,
    previous_version = 3,
    previous_lease = 4,
    previous_value = 5,
};

enum kubernetes_field : std::uint32_t {
    kubernetes_group = 1,
    kubernetes_resource = 2,
    kubernetes_kind = 3,
    kubernetes_namespace = 4,
    kubernetes_name = 5,
};

enum status_field : std::uint32_t {
    status_endpoint = 1,
    status_reachable = 2,
    status_failure = 3,
    status_cluster_id = 4,
    status_member_id = 5,
    status_member_name = 6,
    status_version = 7,
    status_db_size = 8,
    status_db_size_in_use = 9,
    status_db_quota = 10,
    status_leader_id = 11,
    status_leader = 12,
    status_learner = 13,
    status_revision = 14,
    status_raft_term = 15,
    status_raft_index = 16,
    status_raft_applied_index = 17,
    status_raft_lag = 18,
    status_errors = 19,
    status_alarms = 20,
    status_members = 21,
};

}  // namespace sonde::etcd::schema
