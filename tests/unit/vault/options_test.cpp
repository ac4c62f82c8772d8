// SPDX-License-Identifier: Apache-2.0
#include "vault/options.hpp"

#include <gtest/gtest.h>

#include <sonde/testing/driver.hpp>

#include "vault/collector.hpp"

namespace sonde::vault {
namespace {

result<void> configured(const sonde::testing::option_texts& texts) {
    sonde::testing::fake_host host;
    sonde::testing::collector_driver driver(host, component_table<collector>::table);
    if (auto made = driver.create(); !made) {
        return made;
    }
    return driver.configure(texts);
}

std::string refused(const sonde::testing::option_texts& texts) {
    const auto done = configured(texts);
    return done ? "accepted" : done.error().where;
}

TEST(Options, defaults_are_accepted) { EXPECT_TRUE(configured({})); }

TEST(Options, an_address_is_one_of_a_server_and_nothing_more) {
    EXPECT_TRUE(configured({{"address", "http://127.0.0.1:8200/"}}));
    EXPECT_EQ(refused({{"address", "vault.example.com:8200"}}), "address");
    EXPECT_EQ(refused({{"address", "https://user:password@vault:8200"}}), "address");
}

TEST(Options, a_token_does_not_travel_without_encryption) {
    EXPECT_EQ(refused({{"address", "http://vault.example.com:8200"}, {"token_file", "/token"}}), "address");
    EXPECT_EQ(refused({{"address", "http://127.0.0.1.example.com"}, {"token_file", "/token"}}), "address");
    EXPECT_EQ(refused({{"address", "http://10.0.0.1/vault"}, {"token_file", "/token"}}), "address");
    for (const char* address :
         {"http://localhost:8200", "http://127.0.0.1:8200/vault", "http://[::1]:8200", "https://vault.example.com"}) {
        EXPECT_EQ(refused({{"address", address}, {"token_file", "/token"}}), "accepted") << address;
    }
    EXPECT_TRUE(configured({{"address", "http://vault.example.com:8200"}}));
}

TEST(Options, without_a_server_there_are_entries_to_read) {
    EXPECT_EQ(refused({{"address", ""}}), "address");
    EXPECT_TRUE(configured({{"address", ""}, {"audit_files", "/var/log/vault/audit.log"}}));
    EXPECT_TRUE(configured({{"address", ""}, {"audit_listen", "unix:/run/x"}}));
}

TEST(Options, audit_logs_are_absolute_paths_and_few) {
    EXPECT_EQ(refused({{"audit_files", "audit.log"}}), "audit_files");
    EXPECT_EQ(refused({{"audit_files", "/1,/1"}}), "audit_files");
    EXPECT_EQ(refused({{"audit_files", "/1,/2,/3,/4,/5,/6,/7,/8,/9"}}), "audit_files");
}

TEST(Options, a_namespace_begins_no_header_of_its_own) {
    EXPECT_EQ(refused({{"namespace", "a\r\nX-Other: b"}}), "namespace");
}

TEST(ListenAddress, paths_and_loopback_are_taken) {
    EXPECT_EQ(parse_listen_address("unix:/run/sonde/audit", false)->path, "/run/sonde/audit");
    const auto four = parse_listen_address("tcp:127.0.0.1:9090", false);
    ASSERT_TRUE(four);
    EXPECT_EQ(four->host, "127.0.0.1");
    EXPECT_EQ(four->port, 9090);
    EXPECT_EQ(four->text(), "tcp:127.0.0.1:9090");
    EXPECT_EQ(parse_listen_address("tcp:[::1]:1", false)->text(), "tcp:[::1]:1");
    EXPECT_TRUE(parse_listen_address("tcp:127.9.9.9:1", false));
}

TEST(ListenAddress, others_only_on_request) {
    for (const char* text : {"tcp:0.0.0.0:9090", "tcp:10.0.0.1:9090", "tcp:[::]:9090"}) {
        const auto refused_one = parse_listen_address(text, false);
        ASSERT_FALSE(refused_one) << text;
        EXPECT_NE(refused_one.error().text.find("audit_listen_any"), std::string::npos);
        EXPECT_TRUE(parse_listen_address(text, true)) << text;
    }
}

TEST(ListenAddress, anything_else_is_refused) {
    for (const char* text : {"", "/run/x", "unix:x", "unix:", "tcp:", "tcp:127.0.0.1", "tcp:127.0.0.1:",
                             "tcp:127.0.0.1:65536", "tcp:127.0.0.1:1x", "tcp:localhost:1", "udp:127.0.0.1:1"}) {
        EXPECT_FALSE(parse_listen_address(text, true)) << text;
    }
}

}  // namespace
}  // namespace sonde::vault
