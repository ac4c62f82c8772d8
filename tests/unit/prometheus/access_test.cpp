// SPDX-License-Identifier: Apache-2.0
#include "prometheus/access.hpp"

#include <cstdio>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sonde::prometheus {
namespace {

TEST(Access, puts_names_passwords_and_header_fields_onto_requests) {
    credentials of;
    of.username = "me";
    of.password = "secret";
    of.headers = {{"X-Scope-OrgID", "north"}, {"X-Empty", ""}};
    access with(of);
    common::http::request what{.headers = {"Accept: text/plain"}};
    ASSERT_TRUE(with.authorise(what));
    EXPECT_EQ(what.username, "me");
    EXPECT_EQ(what.password, "secret");
    EXPECT_THAT(what.headers, ::testing::ElementsAre("Accept: text/plain", "X-Scope-OrgID: north", "X-Empty;"));
}

TEST(Access, reads_secret_fields_from_files) {
    const std::string path = ::testing::TempDir() + "sonde_prometheus_field";
    credentials of;
    of.header_files = {{"X-API-Key", path}};
    access with(of);
    std::ofstream(path) << "first\n";
    common::http::request what;
    ASSERT_TRUE(with.authorise(what));
    EXPECT_THAT(what.headers, ::testing::ElementsAre("X-API-Key: first"));
    std::remove(path.c_str());
    with.refused();
    const auto refused = with.authorise(what);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().where, path);
}

TEST(Access, reads_a_token_again_when_its_file_changes) {
    const std::string path = ::testing::TempDir() + "sonde_prometheus_token";
    credentials of;
    of.bearer_token_file = path;
    access with(of);
    for (const char* token : {"first", "second-one"}) {
        std::ofstream(path) << token << "\n";
        common::http::request what;
        ASSERT_TRUE(with.authorise(what));
        EXPECT_EQ(what.bearer_token, token);
    }
    std::remove(path.c_str());
    common::http::request what;
    const auto refused = with.authorise(what);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().where, path);
    EXPECT_EQ(what.bearer_token, "");
}

}  // namespace
}  // namespace sonde::prometheus
