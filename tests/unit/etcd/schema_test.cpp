// SPDX-License-Identifier: Apache-2.0
// The numbers that the writer uses are those of the .proto file.
#include "etcd/schema.hpp"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "../descriptor_numbers.hpp"
#include "sonde/v1/etcd.pb.h"

namespace sonde::etcd {
namespace {

using sonde::testing::fields_of;
using sonde::testing::numbers;

TEST(EtcdSchema, event_fields_match_the_descriptor) {
    EXPECT_EQ(fields_of(*v1::EtcdEvent::descriptor()), (numbers{{"kind", schema::event_kind_field},
                                                                {"key", schema::event_key},
                                                                {"key_binary", schema::event_key_binary},
                                                                {"create_revision", schema::event_create_revision},
                                                                {"mod_revision", schema::event_mod_revision},
                                                                {"version", schema::event_version},
                                                                {"lease", schema::event_lease},
                                                                {"value", schema::event_value},
                                                                {"previous", schema::event_previous},
                                                                {"kubernetes", schema::event_kubernetes},
                                                                {"secret", schema::event_secret},
                                                                {"cluster_id", schema::event_cluster_id},
                                                                {"revision", schema::event_revision},
                                                                {"from_revision", schema::event_from_revision},
                                                                {"reason", schema::event_reason},
                                                                {"range_begin", schema::event_range_begin},
                                                                {"range_end", schema::event_range_end},
                                                                {"key_count", schema::event_key_count}}));
}

TEST(EtcdSchema, nested_fields_match_the_descriptors) {
    EXPECT_EQ(fields_of(*v1::EtcdValue::descriptor()), (numbers{{"size", schema::value_size},
                                                                {"text", schema::value_text},
                                                                {"binary", schema::value_binary},
                                                                {"truncated", schema::value_truncated}}));
    EXPECT_EQ(fields_of(*v1::EtcdPrevious::descriptor()),
              (numbers{{"create_revision", schema::previous_create_revision},
                       {"mod_revision", schema::previous_mod_revision},
                       {"version", schema::previous_version},
                       {"lease", schema::previous_lease},
                       {"value", schema::previous_value}}));
    EXPECT_EQ(fields_of(*v1::EtcdKubernetesKey::descriptor()), (numbers{{"group", schema::kubernetes_group},
                                                                        {"resource", schema::kubernetes_resource},
                                                                        {"kind", schema::kubernetes_kind},
                                                                        {"namespace", schema::kubernetes_namespace},
                                                                        {"name", schema::kubernetes_name}}));
}

TEST(EtcdSchema, status_fields_match_the_descriptor) {
    EXPECT_EQ(fields_of(*v1::EtcdStatus::descriptor()),
              (numbers{{"endpoint", schema::status_endpoint},
                       {"reachable", schema::status_reachable},
                       {"failure", schema::status_failure},
                       {"cluster_id", schema::status_cluster_id},
                       {"member_id", schema::status_member_id},
                       {"member_name", schema::status_member_name},
                       {"version", schema::status_version},
                       {"db_size", schema::status_db_size},
                       {"db_size_in_use", schema::status_db_size_in_use},
                       {"db_quota", schema::status_db_quota},
                       {"leader_id", schema::status_leader_id},
                       {"leader", schema::status_leader},
                       {"learner", schema::status_learner},
                       {"revision", schema::status_revision},
                       {"raft_term", schema::status_raft_term},
                       {"raft_index", schema::status_raft_index},
                       {"raft_applied_index", schema::status_raft_applied_index},
                       {"raft_lag", schema::status_raft_lag},
                       {"errors", schema::status_errors},
                       {"alarms", schema::status_alarms},
                       {"members", schema::status_members}}));
}

TEST(EtcdSchema, names_and_kinds_match) {
    EXPECT_EQ(v1::EtcdEvent::descriptor()->full_name(), schema::event_type);
    EXPECT_EQ(v1::EtcdStatus::descriptor()->full_name(), schema::status_type);
    EXPECT_EQ(static_cast<int>(schema::event_kind::put), v1::EtcdEvent::KIND_PUT);
    EXPECT_EQ(static_cast<int>(schema::event_kind::removed), v1::EtcdEvent::KIND_DELETE);
    EXPECT_EQ(static_cast<int>(schema::event_kind::gap), v1::EtcdEvent::KIND_GAP);
    EXPECT_EQ(static_cast<int>(schema::event_kind::resync), v1::EtcdEvent::KIND_RESYNC);
    EXPECT_EQ(static_cast<int>(schema::event_kind::synced), v1::EtcdEvent::KIND_SYNCED);
}

}  // namespace
}  // namespace sonde::etcd
