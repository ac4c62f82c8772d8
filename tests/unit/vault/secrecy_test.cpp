// SPDX-License-Identifier: Apache-2.0
#include "vault/secrecy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sonde::vault {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string path(std::string_view of, std::uint32_t& count) {
    std::string written;
    count = write_request_path(of, written);
    return written;
}

TEST(Secrecy, an_hmac_is_exactly_one) {
    const std::string digits(64, 'f');
    EXPECT_TRUE(is_hmac("hmac-sha256:" + digits));
    EXPECT_FALSE(is_hmac("hmac-sha256:" + digits + "0"));
    EXPECT_FALSE(is_hmac("hmac-sha256:" + digits.substr(1)));
    EXPECT_FALSE(is_hmac("hmac-sha256:" + digits.substr(1) + "g"));
    EXPECT_FALSE(is_hmac("hmac-sha256:" + digits.substr(1) + "F"));
    EXPECT_FALSE(is_hmac("hmac-sha256:my password"));
    EXPECT_FALSE(is_hmac(digits));
}

TEST(Secrecy, tokens_are_known_wherever_they_stand) {
    for (const char* text : {"hvs.CAESIJT2KM9n2KJqg_E267EHJSY0", "x hvb.AAAAAQKr1234 y", "a/hvr.1234567890ab",
                             "s.7M4jXkUBcYrCrqzzNkGJcVAb", "token=s.7M4jXkUBcYrCrqzzNkGJcVAb"}) {
        EXPECT_TRUE(holds_token(text)) << text;
    }
    for (const char* text : {"", "hvs.", "hvs.short", "curl/7.88.1", "ops.internationalization1234",
                             "vault-1.prod.example.com:8200", "kv_12345678", "s.example.com"}) {
        EXPECT_FALSE(holds_token(text)) << text;
    }
}

TEST(Secrecy, only_known_fields_are_harmless) {
    EXPECT_TRUE(is_harmless("request.path"));
    EXPECT_TRUE(is_harmless("auth.policy_results.granting_policies.name"));
    for (const char* field :
         {"", "request", "request.data", "request.data.path", "request.client_token", "auth.accessor",
          "auth.metadata.username", "request.request_uri", "response.data.keys", "response.wrap_info.token",
          "response.warnings", "response.secret.lease_id", "response.redirect", "request.headers.authorization"}) {
        EXPECT_FALSE(is_harmless(field)) << field;
    }
}

TEST(Secrecy, tokens_and_accessors_in_paths_are_withheld) {
    std::uint32_t count = 0;
    EXPECT_EQ(path("secret/data/db", count), "secret/data/db");
    EXPECT_EQ(count, 0U);
    EXPECT_EQ(path("auth/token/lookup/1e2d3c4b-uuid", count), "auth/token/lookup/***");
    EXPECT_EQ(count, 1U);
    EXPECT_EQ(path("team/auth/token/revoke-accessor/abc/def", count), "team/auth/token/revoke-accessor/***/***");
    EXPECT_EQ(count, 2U);
    EXPECT_EQ(path("cubbyhole/hvs.CAESIJT2KM9n2KJqg/x", count), "cubbyhole/***/x");
    EXPECT_EQ(path("auth/token/renew-self", count), "auth/token/renew-self");
    EXPECT_EQ(path("auth/token/renew/", count), "auth/token/renew/");
    EXPECT_EQ(path("sys/leases/lookup/database/creds", count), "sys/leases/lookup/database/creds");
    EXPECT_EQ(count, 0U);
}

TEST(Secrecy, of_an_error_only_known_messages_pass) {
    known_errors found;
    find_known_errors("1 error occurred:\n\t* permission denied\n\n", found);
    EXPECT_THAT(found.messages, ElementsAre("permission denied"));
    EXPECT_FALSE(found.has_more);
    find_known_errors("2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n", found);
    EXPECT_THAT(found.messages, ElementsAre("permission denied", "invalid token"));
    EXPECT_FALSE(found.has_more);
    find_known_errors("error converting input {\"name\":\"John\"} for field \"data\"", found);
    EXPECT_THAT(found.messages, IsEmpty());
    EXPECT_TRUE(found.has_more);
    find_known_errors("no handler for route \"x/password\"", found);
    EXPECT_THAT(found.messages, ElementsAre("no handler for route"));
    EXPECT_TRUE(found.has_more);
    find_known_errors("", found);
    EXPECT_THAT(found.messages, IsEmpty());
    EXPECT_FALSE(found.has_more);
}

TEST(Secrecy, names_of_members_are_plain_or_withheld) {
    EXPECT_EQ(plain_name("pass-word_1.x/y"), "pass-word_1.x/y");
    for (const std::string& name : {std::string(), std::string("a\nb"), std::string("\xc3\xa4"), std::string(65, 'a'),
                                    std::string("hvs.CAESIJT2KM9n2KJqg")}) {
        EXPECT_EQ(plain_name(name), withheld) << name;
    }
}

}  // namespace
}  // namespace sonde::vault
