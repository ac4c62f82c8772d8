// SPDX-License-Identifier: Apache-2.0
#include "vault/token_keeper.hpp"

#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <gtest/gtest.h>

#include <sonde/testing/fake_host.hpp>

#include "fake_server.hpp"

namespace sonde::vault {
namespace {

using namespace std::chrono_literals;

class TokenKeeper : public ::testing::Test {
public:
    ~TokenKeeper() override { std::filesystem::remove_all(directory); }

protected:
    TokenKeeper() : counted(host.host()) {
        std::string pattern = std::filesystem::temp_directory_path() / "token-XXXXXX";
        directory = ::mkdtemp(pattern.data());
        of.address = "http://vault";
        of.name_space = "team";
        of.retry_first = 250ms;
        of.retry_limit = 2s;
    }

    void write(const std::string& token) {
        const std::string path = directory + "/token";
        std::ofstream(path + ".new") << token;
        std::filesystem::rename(path + ".new", path);
        of.token_file = path;
    }
    token_keeper& made() { return keeper.emplace(host.host(), server, carrier, counted, 1U); }
    // Lets time pass to when the keeper wants to be called, and calls it.
    void pass() {
        host.clock.set_monotonic(keeper->due());
        keeper->turn();
    }
    // Lets time pass until it asks for something; how much that was.
    std::chrono::nanoseconds until_asked() {
        const auto begin = host.clock.monotonic();
        for (int i = 0; i < 100'000 && carrier.waiting.empty(); ++i) {
            pass();
        }
        return host.clock.monotonic() - begin;
    }

    sonde::testing::fake_host host;
    meters counted;
    std::string directory;
    server_options of;
    api server{of};
    testing::fake_server carrier;
    std::optional<token_keeper> keeper;
};

TEST_F(TokenKeeper, without_a_token_there_is_nothing_to_do) {
    made().turn();
    EXPECT_TRUE(carrier.waiting.empty());
    EXPECT_TRUE(keeper->is_ready());
    EXPECT_EQ(keeper->token(), "");
    EXPECT_EQ(keeper->due(), std::chrono::nanoseconds::max());
    EXPECT_EQ(keeper->state().health, common::part_health::off);
}

TEST_F(TokenKeeper, a_token_is_looked_up_before_it_is_used_and_renewed_in_time) {
    write("first\n");
    made().turn();
    EXPECT_FALSE(keeper->is_ready());
    EXPECT_EQ(carrier.url(), "http://vault/v1/auth/token/lookup-self");
    EXPECT_EQ(carrier.header("X-Vault-Token"), "first");
    EXPECT_EQ(carrier.header("X-Vault-Namespace"), "team");
    carrier.answer(200, R"({"data":{"ttl":1000,"renewable":true}})");
    EXPECT_EQ(keeper->token(), "first");
    EXPECT_EQ(host.metrics.value("vault.token.ttl"), 1000);
    const auto first = until_asked();
    EXPECT_GE(first, 600s);
    EXPECT_LE(first, 701s);
    EXPECT_EQ(carrier.url(), "http://vault/v1/auth/token/renew-self");
    EXPECT_EQ(carrier.asked().body, "{}");
    carrier.answer(200, R"({"auth":{"lease_duration":100,"renewable":true}})");
    EXPECT_EQ(host.metrics.value("vault.token.renewals"), 1);
    EXPECT_LE(until_asked(), 71s);
}

TEST_F(TokenKeeper, a_token_without_an_end_is_left_alone) {
    of.token = "root";
    made().turn();
    carrier.answer(200, R"({"data":{"ttl":0,"renewable":false}})");
    EXPECT_EQ(keeper->due(), std::chrono::nanoseconds::max());
    EXPECT_EQ(keeper->token(), "root");
}

TEST_F(TokenKeeper, failures_are_tried_again_ever_more_seldom_and_counted) {
    of.token = "one";
    made().turn();
    carrier.answer(200, R"({"data":{"ttl":1000,"renewable":true}})");
    static_cast<void>(until_asked());
    carrier.fail(common::http::failure::timeout);
    EXPECT_EQ(keeper->token(), "one") << "it is good until it ends";
    const auto first = until_asked();
    EXPECT_LE(first, 250ms);
    for (int i = 0; i < 10; ++i) {
        carrier.answer(500, "");
        static_cast<void>(until_asked());
    }
    carrier.answer(503, "");
    const auto last = until_asked();
    EXPECT_GE(last, 1s);
    EXPECT_LE(last, 2s);
    EXPECT_EQ(host.metrics.value("vault.token.failures"), 12);
    carrier.answer(200, R"({"auth":{"lease_duration":100,"renewable":true}})");
    EXPECT_EQ(keeper->state().health, common::part_health::working);
}

TEST_F(TokenKeeper, a_refused_token_is_not_used_and_another_one_at_once) {
    write("old");
    made().turn();
    carrier.answer(403, R"({"errors":["permission denied"]})");
    EXPECT_EQ(keeper->token(), "");
    EXPECT_FALSE(keeper->is_ready());
    EXPECT_EQ(keeper->state().reason, "token_refused");
    EXPECT_EQ(host.metrics.value("vault.token.refusals"), 1);
    pass();
    ASSERT_TRUE(carrier.waiting.empty()) << "the same one is not tried again so soon";
    write("newer");
    pass();
    EXPECT_EQ(carrier.header("X-Vault-Token"), "newer");
    carrier.answer(200, R"({"data":{"ttl":0}})");
    EXPECT_EQ(keeper->token(), "newer");
    EXPECT_EQ(host.metrics.value("vault.token.changes"), 1);
}

TEST_F(TokenKeeper, a_token_that_stays_refused_is_asked_for_once_a_minute) {
    of.token = "old";
    made().turn();
    std::chrono::nanoseconds pause{};
    for (int i = 0; i < 10; ++i) {
        carrier.answer(403, "");
        pause = until_asked();
    }
    EXPECT_GE(pause, 30s);
    EXPECT_LE(pause, 60s);
    const auto before = keeper->version();
    carrier.answer(200, R"({"data":{"ttl":0}})");
    EXPECT_GT(keeper->version(), before);
}

TEST_F(TokenKeeper, doubt_looks_the_token_up_again) {
    of.token = "one";
    made().turn();
    carrier.answer(200, R"({"data":{"ttl":0}})");
    const auto version = keeper->version();
    keeper->doubt();
    keeper->turn();
    EXPECT_EQ(carrier.url(), "http://vault/v1/auth/token/lookup-self");
    carrier.answer(200, R"({"data":{"ttl":0}})");
    EXPECT_EQ(keeper->version(), version) << "it is good: the refusal was for another reason";
    keeper->doubt();
    keeper->turn();
    carrier.answer(403, "");
    EXPECT_FALSE(keeper->is_ready());
}

TEST_F(TokenKeeper, without_renewal_a_token_is_used_as_it_is) {
    of.token = "one";
    of.renews_token = false;
    made().turn();
    EXPECT_TRUE(carrier.waiting.empty());
    EXPECT_EQ(keeper->token(), "one");
    keeper->doubt();
    EXPECT_FALSE(keeper->is_ready());
    pass();
    EXPECT_TRUE(keeper->is_ready());
    EXPECT_TRUE(carrier.waiting.empty());
}

TEST_F(TokenKeeper, a_token_that_cannot_be_renewed_is_used_to_its_end) {
    of.token = "one";
    made().turn();
    carrier.answer(200, R"({"data":{"ttl":100,"renewable":true}})");
    static_cast<void>(until_asked());
    carrier.answer(400, R"({"errors":["lease is not renewable"]})");
    EXPECT_EQ(keeper->token(), "one");
    EXPECT_EQ(keeper->state().reason, "token_not_renewable");
    EXPECT_GE(until_asked(), 29s);
    EXPECT_EQ(carrier.url(), "http://vault/v1/auth/token/lookup-self");
}

TEST_F(TokenKeeper, a_missing_file_is_named_and_awaited) {
    of.token_file = directory + "/token";
    made().turn();
    EXPECT_EQ(keeper->state().reason, "no_token");
    EXPECT_NE(keeper->state().text.find("/token"), std::string::npos);
    write("late");
    pass();
    EXPECT_EQ(carrier.header("X-Vault-Token"), "late");
}

}  // namespace
}  // namespace sonde::vault
