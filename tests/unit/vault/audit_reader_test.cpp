// SPDX-License-Identifier: Apache-2.0
#include "vault/audit_reader.hpp"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "entries.hpp"

namespace sonde::vault {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using vault::testing::canary;
using vault::testing::hmac;
using vault::testing::other_hmac;
using vault::testing::request_entry;
using vault::testing::response_entry;

class AuditReader : public ::testing::Test {
protected:
    const audit_facts& read(std::string_view line) {
        auto facts = reader_.read(line);
        EXPECT_TRUE(facts) << line;
        return **facts;
    }
    static std::map<std::string, std::string> hmacs(const audit_facts& of) {
        std::map<std::string, std::string> found;
        for (const hmac_field& each : of.hmac_fields) {
            found.emplace(each.name, each.value);
        }
        return found;
    }
    audit_reader reader_{{"user-agent"}, 64};
};

TEST_F(AuditReader, tells_who_did_what_where) {
    const audit_facts& facts = read(response_entry());
    EXPECT_EQ(facts.type, schema::entry_type::response);
    EXPECT_EQ(facts.time, 1795255200'000000001U);
    EXPECT_EQ(facts.request_id, "r-1");
    EXPECT_EQ(facts.operation, "update");
    EXPECT_EQ(facts.path, "secret/data/db");
    EXPECT_EQ(facts.mount_point, "secret/");
    EXPECT_EQ(facts.mount_type, "kv");
    EXPECT_EQ(facts.mount_class, "secret");
    EXPECT_EQ(facts.mount_accessor, "kv_1");
    EXPECT_EQ(facts.namespace_id, "ns1");
    EXPECT_EQ(facts.namespace_path, "team/");
    EXPECT_EQ(facts.display_name, "ldap-alice");
    EXPECT_THAT(facts.policies, ElementsAre("default", "ops"));
    EXPECT_EQ(facts.entity_id, "e-1");
    EXPECT_EQ(facts.token_type, "service");
    EXPECT_EQ(facts.is_allowed, true);
    EXPECT_EQ(facts.remote_address, "10.1.2.3");
    EXPECT_EQ(facts.remote_port, 4711U);
    EXPECT_THAT(facts.error.messages, ElementsAre("permission denied"));
    EXPECT_TRUE(facts.error.has_more);
}

TEST_F(AuditReader, hmacs_pass_under_the_name_of_their_field) {
    EXPECT_THAT(hmacs(read(response_entry())),
                ElementsAre(Pair("auth.accessor", hmac), Pair("auth.client_token", hmac),
                            Pair("request.data.data.list[1]", other_hmac), Pair("request.data.data.password", hmac),
                            Pair("request.headers.x-hashed[0]", hmac)));
}

TEST_F(AuditReader, what_may_be_a_secret_is_counted_and_nowhere) {
    const audit_facts& facts = read(response_entry());
    // auth.metadata: 2; request: client_token, request_uri, pin, plain, list[0], x-secret; response: lease_id, value,
    // warnings, token, accessor, redirect; the error.
    EXPECT_EQ(facts.values_withheld, 15U);
    std::string all;
    for (const std::string_view text :
         {facts.request_id, facts.operation, facts.path, facts.mount_point, facts.mount_type, facts.mount_class,
          facts.mount_accessor, facts.namespace_id, facts.namespace_path, facts.display_name, facts.entity_id,
          facts.token_type, facts.remote_address, facts.forwarded_from}) {
        all.append(text).append(" ");
    }
    for (const auto& [name, value] : facts.headers) {
        all.append(name).append(value);
    }
    for (const hmac_field& each : facts.hmac_fields) {
        all.append(each.name).append(each.value);
    }
    for (const std::string_view each : facts.error.messages) {
        all.append(each);
    }
    EXPECT_EQ(all.find(canary), std::string::npos) << all;
}

TEST_F(AuditReader, headers_pass_by_name) {
    EXPECT_THAT(read(response_entry()).headers, ElementsAre(Pair("user-agent", "curl/7")));
    EXPECT_THAT(read(R"({"type":"request","request":{"headers":{"User-Agent":["a","b"]}}})").headers,
                ElementsAre(Pair("User-Agent", "a, b")));
    EXPECT_THAT(read(R"({"type":"request","request":{"headers":{"user-agent":["hvs.CAESIJT2KM9n2KJqg"]}}})").headers,
                IsEmpty());
    EXPECT_THAT(read(R"({"type":"request","request":{"headers":{"user-agent":{"x":"y"}}}})").headers, IsEmpty());
    EXPECT_THAT(read(R"({"type":"request","request.headers.user-agent":"y"})").headers, IsEmpty());
}

TEST_F(AuditReader, a_known_field_of_another_shape_does_not_pass) {
    const audit_facts& facts =
        read(R"({"type":"request","request":{"path":{"secret":"a"},"id":["b"],"operation":7},"auth":"c"})");
    EXPECT_EQ(facts.path, "");
    EXPECT_EQ(facts.request_id, "");
    EXPECT_EQ(facts.operation, "");
    EXPECT_EQ(facts.values_withheld, 2U) << "path.secret and auth";
}

TEST_F(AuditReader, tokens_do_not_pass_even_in_known_fields) {
    const audit_facts& facts = read(
        R"({"type":"request","auth":{"display_name":"hvs.CAESIJT2KM9n2KJqg","policies":["s.7M4jXkUBcYrCrqzzNkGJcVAb"]},)"
        R"("request":{"path":"auth/token/lookup/abc"}})");
    EXPECT_EQ(facts.display_name, withheld);
    EXPECT_THAT(facts.policies, ElementsAre(withheld));
    EXPECT_EQ(facts.path, "auth/token/lookup/***");
    EXPECT_EQ(facts.values_withheld, 3U);
}

TEST_F(AuditReader, a_login_is_known_by_its_response) {
    const audit_facts& facts = read(
        R"({"type":"response","auth":{"policy_results":{"allowed":true}},"request":{"path":"auth/ldap/login/a"},)"
        R"("response":{"auth":{"display_name":"ldap-a","entity_id":"e","policies":["p"],"token_type":"service"}}})");
    EXPECT_EQ(facts.display_name, "ldap-a");
    EXPECT_EQ(facts.entity_id, "e");
    EXPECT_THAT(facts.policies, ElementsAre("p"));
    EXPECT_EQ(facts.values_withheld, 0U);
}

TEST_F(AuditReader, hmacs_beyond_the_limit_are_counted) {
    audit_reader few({}, 2);
    const std::string three =
        R"({"type":"request","request":{"data":{"a":")" + hmac + R"(","b":")" + hmac + R"(","c":")" + hmac + R"("}}})";
    auto facts = few.read(three);
    ASSERT_TRUE(facts);
    EXPECT_EQ((*facts)->hmac_fields.size(), 2U);
    EXPECT_EQ((*facts)->hmac_fields_left_out, 1U);
}

TEST_F(AuditReader, one_entry_leaves_nothing_to_the_next) {
    static_cast<void>(read(response_entry()));
    const audit_facts& facts = read(request_entry(7));
    EXPECT_EQ(facts.display_name, "");
    EXPECT_THAT(facts.policies, IsEmpty());
    EXPECT_THAT(facts.hmac_fields, IsEmpty());
    EXPECT_THAT(facts.headers, IsEmpty());
    EXPECT_THAT(facts.error.messages, IsEmpty());
    EXPECT_EQ(facts.is_allowed, std::nullopt);
    EXPECT_EQ(facts.values_withheld, 0U);
    EXPECT_EQ(facts.request_id, "r-7");
}

TEST_F(AuditReader, a_prefix_is_passed_over_and_anything_else_is_refused_without_a_word_of_it) {
    EXPECT_EQ(read("@cee: " + request_entry(1)).request_id, "r-1");
    for (const std::string& line :
         {std::string(), std::string(canary), "{" + std::string(canary), std::string("[1]"),
          R"({"a":")" + std::string(canary) + R"("})", R"({"type":")" + std::string(canary) + R"("})"}) {
        const auto facts = reader_.read(line);
        ASSERT_FALSE(facts) << line;
        EXPECT_EQ(facts.error().message().find(canary), std::string::npos);
    }
}

TEST_F(AuditReader, depth_and_size_are_bounded) {
    std::string deep = R"({"type":"request","request":{"data":)";
    for (int i = 0; i < 60; ++i) {
        deep += R"({"a":)";
    }
    deep += "\"" + std::string(canary) + "\"" + std::string(62, '}');
    EXPECT_EQ(read(deep).values_withheld, 1U);
    const std::string large(5000, 'x');
    EXPECT_EQ(read(R"({"type":"request","request":{"path":")" + large + R"("}})").path, withheld);
}

TEST(EventId, is_the_same_for_the_same_entry_only) {
    audit_reader reader({}, 0);
    const auto id = [&](const std::string& line) { return event_id(**reader.read(line)); };
    EXPECT_EQ(id(request_entry(1)), id(request_entry(1)));
    EXPECT_NE(id(request_entry(1)), id(request_entry(2)));
    EXPECT_NE(id(R"({"type":"request","request":{"id":"a"}})"), id(R"({"type":"response","request":{"id":"a"}})"));
    EXPECT_NE(id(R"({"type":"request","time":"2026-11-21T10:00:00Z"})"),
              id(R"({"type":"request","time":"2026-11-21T10:00:01Z"})"));
}

}  // namespace
}  // namespace sonde::vault
