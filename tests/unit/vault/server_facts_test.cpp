// SPDX-License-Identifier: Apache-2.0
#include "vault/server_facts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sonde::vault {
namespace {

using schema::change;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

server_facts with_code(std::uint32_t code) {
    server_facts made;
    made.state = state_of(code);
    made.health.code = code;
    made.health.is_initialized = code != 501;
    made.health.is_sealed = code == 503;
    made.health.version = "1.17.2";
    made.leader.address = code == 503 ? "" : "https://a:8200";
    return made;
}

server_facts silent(const server_facts& before) {
    server_facts made = before;
    made.state = schema::state::silent;
    return made;
}

TEST(StateOf, follows_the_documented_codes) {
    EXPECT_EQ(state_of(200), schema::state::active);
    EXPECT_EQ(state_of(429), schema::state::standby);
    EXPECT_EQ(state_of(472), schema::state::dr_secondary);
    EXPECT_EQ(state_of(473), schema::state::performance_standby);
    EXPECT_EQ(state_of(474), schema::state::cut_off_standby);
    EXPECT_EQ(state_of(501), schema::state::not_initialized);
    EXPECT_EQ(state_of(503), schema::state::sealed);
    EXPECT_EQ(state_of(530), schema::state::removed);
    EXPECT_EQ(state_of(404), schema::state::unknown);
    EXPECT_EQ(name(schema::state::removed), "removed");
    EXPECT_EQ(name(schema::state::silent), "silent");
}

TEST(Changes, the_first_look_and_an_equal_one_have_none) {
    EXPECT_THAT(changes_between({}, with_code(200)), IsEmpty());
    EXPECT_THAT(changes_between({}, silent({})), IsEmpty());
    EXPECT_THAT(changes_between(with_code(200), with_code(200)), IsEmpty());
}

TEST(Changes, sealing_and_unsealing_come_with_role_and_leader) {
    EXPECT_THAT(changes_between(with_code(200), with_code(503)), ElementsAre(change::sealed, change::leader));
    EXPECT_THAT(changes_between(with_code(503), with_code(200)),
                ElementsAre(change::unsealed, change::active, change::leader));
    EXPECT_THAT(changes_between(with_code(501), with_code(503)),
                ElementsAre(change::initialized, change::sealed, change::leader));
}

TEST(Changes, roles_change_both_ways) {
    EXPECT_THAT(changes_between(with_code(200), with_code(429)), ElementsAre(change::standby));
    EXPECT_THAT(changes_between(with_code(429), with_code(200)), ElementsAre(change::active));
    EXPECT_THAT(changes_between(with_code(429), with_code(473)), ElementsAre(change::standby));
    auto other = with_code(429);
    other.leader.address = "https://b:8200";
    EXPECT_THAT(changes_between(with_code(429), other), ElementsAre(change::leader));
}

TEST(Changes, silence_is_told_once_and_what_differs_after_it_too) {
    const auto before = with_code(200);
    EXPECT_THAT(changes_between(before, silent(before)), ElementsAre(change::silent));
    EXPECT_THAT(changes_between(silent(before), silent(before)), IsEmpty());
    EXPECT_THAT(changes_between(silent(before), before), ElementsAre(change::answers));
    EXPECT_THAT(changes_between(silent(before), with_code(503)),
                ElementsAre(change::answers, change::sealed, change::leader));
    EXPECT_THAT(changes_between(silent({}), before), ElementsAre(change::answers));
}

TEST(Changes, versions_and_replications_are_told_but_not_their_numbers) {
    auto newer = with_code(200);
    newer.health.version = "1.18.0";
    EXPECT_THAT(changes_between(with_code(200), newer), ElementsAre(change::version));
    auto before = with_code(200);
    before.replications.push_back({"dr", "primary", "running", "c", "", 7, 0, 1, {{"2", "", "", "connected"}}});
    EXPECT_THAT(changes_between(with_code(200), before), ElementsAre(change::replication));
    auto after = before;
    after.replications.front().last_wal = 8;
    EXPECT_THAT(changes_between(before, after), IsEmpty());
    after.replications.front().peers.front().connection_status = "disconnected";
    EXPECT_THAT(changes_between(before, after), ElementsAre(change::replication));
}

TEST(Changes, unsealing_that_goes_on_is_told) {
    auto further = with_code(503);
    further.seal.progress = 1;
    EXPECT_THAT(changes_between(with_code(503), further), ElementsAre(change::unseal_progress));
}

}  // namespace
}  // namespace sonde::vault
