// SPDX-License-Identifier: Apache-2.0
#include "vault/documents.hpp"

#include <gtest/gtest.h>

namespace sonde::vault {
namespace {

using namespace std::chrono_literals;

TEST(Health, is_read_whatever_its_documented_code) {
    for (const std::uint32_t code : {200U, 429U, 472U, 473U, 474U, 501U, 503U, 530U}) {
        const auto read = read_health(
            code, R"({"initialized":true,"sealed":true,"standby":true,"performance_standby":true,"version":"1.17.2",)"
                  R"("cluster_name":"c","cluster_id":"i","server_time_utc":1700000000,)"
                  R"("replication_performance_mode":"disabled","replication_dr_mode":"primary"})");
        ASSERT_TRUE(read) << code;
        EXPECT_EQ(read->code, code);
        EXPECT_TRUE(read->is_initialized && read->is_sealed && read->is_standby && read->is_performance_standby);
        EXPECT_EQ(read->version, "1.17.2");
        EXPECT_EQ(read->server_time, 1700000000);
        EXPECT_TRUE(read->is_replicated);
    }
}

TEST(Health, another_servers_answer_is_none) {
    EXPECT_FALSE(read_health(404, R"({"initialized":true})"));
    EXPECT_FALSE(read_health(200, "<html>"));
    EXPECT_FALSE(read_health(200, "{}"));
    EXPECT_FALSE(read_health(200, "[]"));
    EXPECT_FALSE(read_health(503, ""));
}

TEST(Health, a_single_cluster_has_no_replications_to_ask_for) {
    EXPECT_FALSE(read_health(200, R"({"initialized":true,"replication_dr_mode":"disabled"})")->is_replicated);
    EXPECT_FALSE(read_health(200, R"({"initialized":true})")->is_replicated);
    EXPECT_FALSE(read_health(503, R"({"initialized":true,"replication_dr_mode":"unknown"})")->is_replicated);
}

TEST(SealStatus, tells_how_far_unsealing_is) {
    const auto read = read_seal_status(
        R"({"type":"shamir","storage_type":"raft","t":3,"n":5,"progress":2,"recovery_seal":true,"migration":true})");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->type, "shamir");
    EXPECT_EQ(read->storage_type, "raft");
    EXPECT_EQ(read->threshold, 3U);
    EXPECT_EQ(read->shares, 5U);
    EXPECT_EQ(read->progress, 2U);
    EXPECT_TRUE(read->has_recovery_seal && read->is_migrating);
}

TEST(Leader, tells_who_it_is_and_since_when) {
    const auto read = read_leader(
        R"({"ha_enabled":true,"is_self":true,"active_time":"2026-11-21T10:00:00Z","leader_address":"https://a:8200",)"
        R"("leader_cluster_address":"https://a:8201","raft_committed_index":7,"raft_applied_index":6})");
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->has_ha && read->is_self);
    EXPECT_EQ(read->address, "https://a:8200");
    EXPECT_EQ(read->cluster_address, "https://a:8201");
    EXPECT_EQ(read->active_since, 1795255200'000000000U);
    EXPECT_EQ(read->raft_committed_index, 7U);
    EXPECT_EQ(read->raft_applied_index, 6U);
    EXPECT_EQ(read_leader(R"({"active_time":"0001-01-01T00:00:00Z"})")->active_since, 0U);
}

TEST(Replication, both_kinds_are_read_with_their_peers) {
    const auto read = read_replication(
        R"({"data":{"dr":{"mode":"primary","state":"running","cluster_id":"c","known_secondaries":["2","3"],)"
        R"("last_wal":87,"secondaries":[{"node_id":"2","api_address":"https://b","cluster_address":"https://b:1",)"
        R"("connection_status":"connected"}]},"performance":{"mode":"secondary","last_remote_wal":"12",)"
        R"("primary_cluster_addr":"https://p","primaries":[{"connection_status":"disconnected"}]}}})");
    ASSERT_TRUE(read);
    ASSERT_EQ(read->size(), 2U);
    const replication_facts& dr = read->front();
    EXPECT_EQ(dr.kind, "dr");
    EXPECT_EQ(dr.state, "running");
    EXPECT_EQ(dr.known_secondaries, 2U);
    EXPECT_EQ(dr.last_wal, 87U);
    ASSERT_EQ(dr.peers.size(), 1U);
    EXPECT_EQ(dr.peers.front(), (peer_facts{"2", "https://b", "https://b:1", "connected"}));
    const replication_facts& performance = read->back();
    EXPECT_EQ(performance.mode, "secondary");
    EXPECT_EQ(performance.last_remote_wal, 12U);
    EXPECT_EQ(performance.primary_cluster_address, "https://p");
    EXPECT_EQ(performance.peers.front().connection_status, "disconnected");
}

TEST(Replication, what_is_switched_off_is_left_out) {
    EXPECT_TRUE(read_replication(R"({"data":{"mode":"disabled"}})")->empty());
    EXPECT_TRUE(read_replication(R"({"data":{"dr":{"mode":"disabled"},"performance":{"mode":"disabled"}}})")->empty());
}

TEST(Token, of_a_look_up_and_of_a_renewal_only_the_time_is_read) {
    const auto found = read_lookup(R"({"data":{"id":"hvs.secret","ttl":3600,"renewable":true}})");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->ttl, 3600s);
    EXPECT_TRUE(found->is_renewable);
    const auto renewed =
        read_renewal(R"({"auth":{"client_token":"hvs.secret","lease_duration":60,"renewable":false}})");
    ASSERT_TRUE(renewed);
    EXPECT_EQ(renewed->ttl, 60s);
    EXPECT_FALSE(renewed->is_renewable);
    EXPECT_FALSE(read_lookup(R"({"data":null})"));
    EXPECT_FALSE(read_renewal("{}"));
    EXPECT_EQ(read_lookup(R"({"data":{"ttl":-5}})")->ttl, 0s);
}

}  // namespace
}  // namespace sonde::vault
