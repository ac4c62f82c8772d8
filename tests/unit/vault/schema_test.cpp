// SPDX-License-Identifier: Apache-2.0
// The numbers that the writer uses are those of the .proto files.
#include "vault/schema.hpp"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "../descriptor_numbers.hpp"
#include "sonde/v1/metric.pb.h"
#include "sonde/v1/vault.pb.h"

namespace sonde::vault {
namespace {

using sonde::testing::fields_of;
using sonde::testing::numbers;

template <class Enum>
int number(Enum of) {
    return static_cast<int>(of);
}

int field(const google::protobuf::Descriptor& message, const char* name) {
    return message.FindFieldByName(name)->number();
}

TEST(VaultSchema, fields_of_VaultStatus_match_the_descriptor) {
    EXPECT_EQ(fields_of(*v1::VaultStatus::descriptor()),
              (numbers{{"action", schema::status_action_field},
                       {"changes", schema::status_changes},
                       {"address", schema::status_address},
                       {"state", schema::status_state},
                       {"previous_state", schema::status_previous_state},
                       {"failure", schema::status_failure},
                       {"health_code", schema::status_health_code},
                       {"initialized", schema::status_initialized},
                       {"sealed", schema::status_sealed},
                       {"standby", schema::status_standby},
                       {"performance_standby", schema::status_performance_standby},
                       {"version", schema::status_version},
                       {"cluster_name", schema::status_cluster_name},
                       {"cluster_id", schema::status_cluster_id},
                       {"server_time_unix", schema::status_server_time},
                       {"seal_type", schema::status_seal_type},
                       {"storage_type", schema::status_storage_type},
                       {"unseal_threshold", schema::status_unseal_threshold},
                       {"unseal_shares", schema::status_unseal_shares},
                       {"unseal_progress", schema::status_unseal_progress},
                       {"recovery_seal", schema::status_recovery_seal},
                       {"migration", schema::status_migration},
                       {"ha_enabled", schema::status_ha_enabled},
                       {"is_leader", schema::status_is_leader},
                       {"leader_address", schema::status_leader_address},
                       {"leader_cluster_address", schema::status_leader_cluster_address},
                       {"previous_leader_address", schema::status_previous_leader_address},
                       {"active_since_unix_nano", schema::status_active_since},
                       {"raft_committed_index", schema::status_raft_committed_index},
                       {"raft_applied_index", schema::status_raft_applied_index},
                       {"replications", schema::status_replications}}));
}

TEST(VaultSchema, fields_of_VaultReplication_match_the_descriptor) {
    EXPECT_EQ(fields_of(*v1::VaultReplication::descriptor()),
              (numbers{{"kind", schema::replication_kind},
                       {"mode", schema::replication_mode},
                       {"state", schema::replication_state},
                       {"cluster_id", schema::replication_cluster_id},
                       {"primary_cluster_address", schema::replication_primary_cluster_address},
                       {"last_wal", schema::replication_last_wal},
                       {"last_remote_wal", schema::replication_last_remote_wal},
                       {"known_secondaries", schema::replication_known_secondaries},
                       {"peers", schema::replication_peers}}));
}

TEST(VaultSchema, fields_of_VaultReplicationPeer_match_the_descriptor) {
    EXPECT_EQ(fields_of(*v1::VaultReplicationPeer::descriptor()),
              (numbers{{"node_id", schema::peer_node_id},
                       {"api_address", schema::peer_api_address},
                       {"cluster_address", schema::peer_cluster_address},
                       {"connection_status", schema::peer_connection_status}}));
}

TEST(VaultSchema, fields_of_VaultAuditEvent_match_the_descriptor) {
    EXPECT_EQ(fields_of(*v1::VaultAuditEvent::descriptor()),
              (numbers{{"type", schema::audit_type_field},
                       {"source", schema::audit_source},
                       {"time_unix_nano", schema::audit_time},
                       {"request_id", schema::audit_request_id},
                       {"operation", schema::audit_operation},
                       {"path", schema::audit_path},
                       {"mount_point", schema::audit_mount_point},
                       {"mount_type", schema::audit_mount_type},
                       {"mount_class", schema::audit_mount_class},
                       {"mount_accessor", schema::audit_mount_accessor},
                       {"namespace_id", schema::audit_namespace_id},
                       {"namespace_path", schema::audit_namespace_path},
                       {"display_name", schema::audit_display_name},
                       {"policies", schema::audit_policies},
                       {"entity_id", schema::audit_entity_id},
                       {"token_type", schema::audit_token_type},
                       {"allowed", schema::audit_allowed},
                       {"remote_address", schema::audit_remote_address},
                       {"remote_port", schema::audit_remote_port},
                       {"forwarded_from", schema::audit_forwarded_from},
                       {"errors", schema::audit_errors},
                       {"error_withheld", schema::audit_error_withheld},
                       {"hmac_fields", schema::audit_hmac_fields},
                       {"hmac_fields_left_out", schema::audit_hmac_fields_left_out},
                       {"headers", schema::audit_headers},
                       {"values_withheld", schema::audit_values_withheld}}));
}

TEST(VaultSchema, fields_of_metrics_match_the_descriptors) {
    EXPECT_EQ(field(*v1::MetricSet::descriptor(), "group"), schema::set_group);
    EXPECT_EQ(field(*v1::MetricSet::descriptor(), "metrics"), schema::set_metrics);
    EXPECT_EQ(field(*v1::Metric::descriptor(), "name"), schema::metric_name);
    EXPECT_EQ(field(*v1::Metric::descriptor(), "unit"), schema::metric_unit);
    EXPECT_EQ(field(*v1::Metric::descriptor(), "kind"), schema::metric_kind_field);
    EXPECT_EQ(field(*v1::Metric::descriptor(), "description"), schema::metric_description);
    EXPECT_EQ(field(*v1::Metric::descriptor(), "points"), schema::metric_points);
    EXPECT_EQ(field(*v1::MetricPoint::descriptor(), "attributes"), schema::point_attributes);
    EXPECT_EQ(field(*v1::MetricPoint::descriptor(), "double_value"), schema::point_double_value);
    EXPECT_EQ(field(*v1::MetricPoint::descriptor(), "time_unix_nano"), schema::point_time);
    EXPECT_EQ(number(schema::metric_kind::gauge), v1::METRIC_KIND_GAUGE);
    EXPECT_EQ(number(schema::metric_kind::monotonic_sum), v1::METRIC_KIND_MONOTONIC_SUM);
}

TEST(VaultSchema, names_and_values_match) {
    EXPECT_EQ(v1::VaultStatus::descriptor()->full_name(), schema::status_type);
    EXPECT_EQ(v1::VaultAuditEvent::descriptor()->full_name(), schema::audit_type);
    EXPECT_EQ(v1::MetricSet::descriptor()->full_name(), schema::metric_type);
    EXPECT_EQ(number(schema::status_action::sampled), v1::VaultStatus::ACTION_SAMPLED);
    EXPECT_EQ(number(schema::status_action::changed), v1::VaultStatus::ACTION_CHANGED);
    EXPECT_EQ(number(schema::change::answers), v1::VaultStatus::CHANGE_ANSWERS);
    EXPECT_EQ(number(schema::change::silent), v1::VaultStatus::CHANGE_SILENT);
    EXPECT_EQ(number(schema::change::initialized), v1::VaultStatus::CHANGE_INITIALIZED);
    EXPECT_EQ(number(schema::change::sealed), v1::VaultStatus::CHANGE_SEALED);
    EXPECT_EQ(number(schema::change::unsealed), v1::VaultStatus::CHANGE_UNSEALED);
    EXPECT_EQ(number(schema::change::active), v1::VaultStatus::CHANGE_ACTIVE);
    EXPECT_EQ(number(schema::change::standby), v1::VaultStatus::CHANGE_STANDBY);
    EXPECT_EQ(number(schema::change::leader), v1::VaultStatus::CHANGE_LEADER);
    EXPECT_EQ(number(schema::change::version), v1::VaultStatus::CHANGE_VERSION);
    EXPECT_EQ(number(schema::change::replication), v1::VaultStatus::CHANGE_REPLICATION);
    EXPECT_EQ(number(schema::change::unseal_progress), v1::VaultStatus::CHANGE_UNSEAL_PROGRESS);
    EXPECT_EQ(number(schema::state::active), v1::VaultStatus::STATE_ACTIVE);
    EXPECT_EQ(number(schema::state::standby), v1::VaultStatus::STATE_STANDBY);
    EXPECT_EQ(number(schema::state::dr_secondary), v1::VaultStatus::STATE_DR_SECONDARY);
    EXPECT_EQ(number(schema::state::performance_standby), v1::VaultStatus::STATE_PERFORMANCE_STANDBY);
    EXPECT_EQ(number(schema::state::cut_off_standby), v1::VaultStatus::STATE_CUT_OFF_STANDBY);
    EXPECT_EQ(number(schema::state::not_initialized), v1::VaultStatus::STATE_NOT_INITIALIZED);
    EXPECT_EQ(number(schema::state::sealed), v1::VaultStatus::STATE_SEALED);
    EXPECT_EQ(number(schema::state::removed), v1::VaultStatus::STATE_REMOVED);
    EXPECT_EQ(number(schema::state::silent), v1::VaultStatus::STATE_SILENT);
    EXPECT_EQ(number(schema::entry_type::request), v1::VaultAuditEvent::TYPE_REQUEST);
    EXPECT_EQ(number(schema::entry_type::response), v1::VaultAuditEvent::TYPE_RESPONSE);
    EXPECT_EQ(number(schema::entry_source::file), v1::VaultAuditEvent::SOURCE_FILE);
    EXPECT_EQ(number(schema::entry_source::socket), v1::VaultAuditEvent::SOURCE_SOCKET);
}

}  // namespace
}  // namespace sonde::vault
