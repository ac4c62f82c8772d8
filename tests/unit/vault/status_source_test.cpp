// SPDX-License-Identifier: Apache-2.0
#include "vault/status_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonde/testing/fake_host.hpp>

#include "fake_server.hpp"
#include "sonde/v1/vault.pb.h"

namespace sonde::vault {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* active = R"({"initialized":true,"sealed":false,"standby":false,"version":"1.17.2"})";
constexpr const char* sealed = R"({"initialized":true,"sealed":true,"standby":true})";
constexpr const char* shamir = R"({"type":"shamir","t":3,"n":5,"progress":1})";
constexpr const char* leader = R"({"ha_enabled":true,"is_self":true,"leader_address":"https://a:8200"})";

class StatusSource : public ::testing::Test {
protected:
    StatusSource() : counted(host.host()), out(host.host(), "https://vault:8200") {
        of.address = "https://vault:8200";
        of.status_interval = 5s;
        of.sample_interval = 60s;
        of.retry_first = 250ms;
        of.retry_limit = 2s;
        EXPECT_TRUE(out.open());
        source.emplace(host.host(), server, carrier, counted, out, 1U);
    }
    void round(int code, const char* health, const char* its_leader = leader) {
        pass();
        EXPECT_EQ(carrier.url(), "https://vault:8200/v1/sys/health");
        carrier.answer(code, health);
        EXPECT_EQ(carrier.url(), "https://vault:8200/v1/sys/seal-status");
        carrier.answer(200, shamir);
        EXPECT_EQ(carrier.url(), "https://vault:8200/v1/sys/leader");
        carrier.answer(code == 503 ? 503 : 200, code == 503 ? "{}" : its_leader);
    }
    // Lets time pass to the next look; how much that was.
    std::chrono::nanoseconds pass() {
        const auto wait = std::max<std::chrono::nanoseconds>(source->due() - host.clock.monotonic(), 0ns);
        host.clock.advance(wait);
        source->turn();
        return wait;
    }
    std::vector<v1::VaultStatus> told() {
        std::vector<v1::VaultStatus> found;
        for (const auto& each : host.lane.envelopes(status_topic)) {
            EXPECT_EQ(each.content_type, "sonde.v1.VaultStatus");
            EXPECT_TRUE(found.emplace_back().ParseFromArray(each.data.data(), static_cast<int>(each.data.size())));
        }
        return found;
    }

    sonde::testing::fake_host host;
    meters counted;
    publisher out;
    server_options of;
    api server{of};
    testing::fake_server carrier;
    std::optional<status_source> source;
};

TEST_F(StatusSource, the_first_look_is_a_sample_with_all_that_is_known) {
    round(200, active);
    ASSERT_EQ(told().size(), 1U);
    const auto first = told().front();
    EXPECT_EQ(first.action(), v1::VaultStatus::ACTION_SAMPLED);
    EXPECT_THAT(first.changes(), IsEmpty());
    EXPECT_EQ(first.state(), v1::VaultStatus::STATE_ACTIVE);
    EXPECT_EQ(first.address(), "https://vault:8200");
    EXPECT_EQ(first.health_code(), 200U);
    EXPECT_EQ(first.version(), "1.17.2");
    EXPECT_EQ(first.seal_type(), "shamir");
    EXPECT_EQ(first.unseal_threshold(), 3U);
    EXPECT_EQ(first.leader_address(), "https://a:8200");
    EXPECT_TRUE(first.is_leader());
    EXPECT_TRUE(source->serves());
}

TEST_F(StatusSource, only_changes_are_told_until_a_sample_is_due) {
    round(200, active);
    for (int i = 0; i < 11; ++i) {
        round(200, active);
    }
    EXPECT_EQ(told().size(), 1U);
    round(200, active);
    ASSERT_EQ(told().size(), 2U);
    EXPECT_EQ(told().back().action(), v1::VaultStatus::ACTION_SAMPLED);
}

TEST_F(StatusSource, sealing_is_one_event_with_the_state_before_it) {
    round(200, active);
    round(503, sealed);
    ASSERT_EQ(told().size(), 2U);
    const auto event = told().back();
    EXPECT_EQ(event.action(), v1::VaultStatus::ACTION_CHANGED);
    EXPECT_THAT(event.changes(), ElementsAre(v1::VaultStatus::CHANGE_SEALED, v1::VaultStatus::CHANGE_LEADER));
    EXPECT_EQ(event.state(), v1::VaultStatus::STATE_SEALED);
    EXPECT_EQ(event.previous_state(), v1::VaultStatus::STATE_ACTIVE);
    EXPECT_EQ(event.previous_leader_address(), "https://a:8200");
    EXPECT_EQ(event.leader_address(), "");
    EXPECT_FALSE(source->serves());
    EXPECT_EQ(source->state().health, common::part_health::working) << "a sealed server is well looked at";
    EXPECT_EQ(host.metrics.value("vault.sealed"), 1);
}

TEST_F(StatusSource, a_server_that_is_gone_is_told_once_and_asked_again_soon) {
    round(200, active);
    pass();
    carrier.fail(common::http::failure::connection);
    ASSERT_EQ(told().size(), 2U);
    EXPECT_THAT(told().back().changes(), ElementsAre(v1::VaultStatus::CHANGE_SILENT));
    EXPECT_EQ(told().back().failure(), "connection");
    EXPECT_EQ(source->state().reason, "vault_connection");
    for (int i = 0; i < 10; ++i) {
        EXPECT_LE(pass(), 2s);
        EXPECT_TRUE(carrier.asked().wants_fresh_connection);
        carrier.fail(common::http::failure::connection);
    }
    EXPECT_EQ(told().size(), 2U);
    round(503, sealed);
    EXPECT_THAT(told().back().changes(), ElementsAre(v1::VaultStatus::CHANGE_ANSWERS, v1::VaultStatus::CHANGE_SEALED,
                                                     v1::VaultStatus::CHANGE_LEADER));
    EXPECT_EQ(told().back().previous_state(), v1::VaultStatus::STATE_SILENT);
}

TEST_F(StatusSource, a_server_that_goes_between_two_answers_has_not_lost_its_leader) {
    round(200, active);
    pass();
    carrier.answer(200, active);
    carrier.answer(200, shamir);
    carrier.fail(common::http::failure::broken);
    EXPECT_THAT(told().back().changes(), ElementsAre(v1::VaultStatus::CHANGE_SILENT));
    round(200, active);
    EXPECT_THAT(told().back().changes(), ElementsAre(v1::VaultStatus::CHANGE_ANSWERS));
}

TEST_F(StatusSource, an_answer_that_is_refused_for_a_quota_changes_nothing) {
    round(200, active);
    pass();
    carrier.answer(200, active);
    carrier.answer(429, "");
    carrier.answer(429, "");
    EXPECT_EQ(told().size(), 1U);
    EXPECT_EQ(source->facts().leader.address, "https://a:8200");
}

TEST_F(StatusSource, another_server_at_the_address_is_named_without_its_words) {
    pass();
    carrier.answer(200, "password");
    EXPECT_EQ(told().front().state(), v1::VaultStatus::STATE_SILENT);
    EXPECT_EQ(told().front().failure(), "answer_200");
    EXPECT_NE(source->state().text.find("is this a Vault server?"), std::string::npos);
    EXPECT_EQ(source->state().text.find("password"), std::string::npos);
}

TEST_F(StatusSource, replications_are_asked_for_where_there_are_any) {
    pass();
    carrier.answer(200, R"({"initialized":true,"replication_dr_mode":"primary"})");
    carrier.answer(200, shamir);
    carrier.answer(200, leader);
    EXPECT_EQ(carrier.url(), "https://vault:8200/v1/sys/replication/status");
    carrier.answer(200, R"({"data":{"dr":{"mode":"primary","state":"running","last_wal":5}}})");
    ASSERT_EQ(told().front().replications_size(), 1);
    EXPECT_EQ(told().front().replications(0).kind(), "dr");
    EXPECT_EQ(told().front().replications(0).last_wal(), 5U);
}

TEST_F(StatusSource, a_new_subscriber_is_told_what_is_known) {
    source->request_snapshot();
    EXPECT_EQ(told().size(), 0U);
    round(200, active);
    source->request_snapshot();
    const auto envelopes = host.lane.envelopes(status_topic);
    ASSERT_EQ(envelopes.size(), 2U);
    EXPECT_FALSE(envelopes[0].snapshot);
    EXPECT_TRUE(envelopes[1].snapshot);
}

}  // namespace
}  // namespace sonde::vault
