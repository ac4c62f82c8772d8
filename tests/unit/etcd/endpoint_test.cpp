// SPDX-License-Identifier: Apache-2.0
#include "etcd/endpoint.hpp"

#include <gtest/gtest.h>

namespace sonde::etcd {
namespace {

using common::grpc::code;
const endpoint here{"https://h:1", "h:1", true};

TEST(Endpoint, schemes_say_whether_it_is_tls) {
    EXPECT_EQ(parse_endpoint("https://etcd-0:2379", false).value(),
              (endpoint{"https://etcd-0:2379", "etcd-0:2379", true}));
    EXPECT_EQ(parse_endpoint("http://[::1]:2379/", true).value(),
              (endpoint{"http://[::1]:2379/", "[::1]:2379", false}));
    EXPECT_FALSE(parse_endpoint("10.0.0.1:2379", false)->uses_tls);
    EXPECT_TRUE(parse_endpoint("10.0.0.1:2379", true)->uses_tls);
    EXPECT_EQ(parse_endpoint("unix:///run/etcd.sock", true).value(),
              (endpoint{"unix:///run/etcd.sock", "unix:/run/etcd.sock", false}));
}

TEST(Endpoint, what_is_none_is_refused_with_an_example) {
    for (const char* text : {"", "etcd", "https://etcd", "https://etcd:", "https://:2379", "ftp://etcd:1", "etcd:port",
                             "https://etcd:2379/path", "https://a:1,b:2"}) {
        const auto read = parse_endpoint(text, false);
        ASSERT_FALSE(read) << text;
        EXPECT_NE(read.error().text.find("https://host:port"), std::string::npos);
    }
}

TEST(Endpoint, credentials_in_it_are_refused_and_not_repeated) {
    for (const char* text : {"http://me:hunter2@etcd:2379", "me:hunter2@etcd:2379", "https://hunter2@etcd:2379/path"}) {
        const auto read = parse_endpoint(text, false);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().text.find("hunter2"), std::string::npos);
        EXPECT_NE(read.error().text.find("password"), std::string::npos);
    }
}

TEST(Endpoint, a_missing_file_is_named) {
    connection_options how;
    how.ca_file = "/nonexistent/ca.crt";
    const auto made = connect(here, how);
    ASSERT_FALSE(made);
    EXPECT_NE(made.error().message().find("/nonexistent/ca.crt"), std::string::npos);
    EXPECT_NE(made.error().message().find("ca_file"), std::string::npos);
}

TEST(Endpoint, failures_are_told_with_what_to_change) {
    const auto reason = [](code why, const char* text) { return explain({why, text}, here).reason; };
    EXPECT_EQ(reason(code::unavailable, "Ssl handshake failed: SSL_ERROR_SSL: ...certificate verify failed"),
              "tls_untrusted");
    EXPECT_EQ(reason(code::unavailable, "Peer name h is not in peer certificate"), "tls_wrong_name");
    EXPECT_EQ(reason(code::unavailable, "tlsv13 alert certificate required: CERTIFICATE_REQUIRED"), "tls_refused");
    EXPECT_EQ(reason(code::unavailable, "Ssl handshake failed: wrong version number"), "tls_failed");
    EXPECT_EQ(reason(code::unavailable, "UNAVAILABLE: Endpoint read failed"), "tls_closed");
    EXPECT_EQ(reason(code::invalid_argument, "etcdserver: authentication failed, invalid user ID or password"),
              "auth_failed");
    EXPECT_EQ(reason(code::unauthenticated, "etcdserver: invalid auth token"), "token_refused");
    EXPECT_EQ(reason(code::invalid_argument, "etcdserver: user name is empty"), "auth_needed");
    EXPECT_EQ(reason(code::permission_denied, "etcdserver: permission denied"), "permission_denied");
    EXPECT_EQ(reason(code::unavailable, "etcdserver: no leader"), "no_leader");
    EXPECT_EQ(reason(code::resource_exhausted, "Received message larger than max"), "too_large");
    EXPECT_EQ(reason(code::deadline_exceeded, ""), "not_answering");
    EXPECT_EQ(reason(code::unavailable, "connection refused"), "unreachable");
    EXPECT_EQ(reason(code::unimplemented, ""), "not_etcd");
    EXPECT_EQ(reason(code::internal, ""), "failing");
    EXPECT_NE(explain({code::unavailable, "refused"}, here).text.find("https://h:1"), std::string::npos);
}

TEST(Endpoint, tokens_and_compactions_are_known_by_their_texts) {
    EXPECT_TRUE(wants_new_token({code::unauthenticated, "etcdserver: invalid auth token"}));
    EXPECT_TRUE(wants_new_token({code::invalid_argument, "etcdserver: revision of auth store is old"}));
    EXPECT_TRUE(wants_new_token({code::invalid_argument, "etcdserver: user name is empty"}));
    EXPECT_FALSE(wants_new_token({code::permission_denied, "etcdserver: permission denied"}));
    EXPECT_TRUE(is_compacted({code::out_of_range, "etcdserver: mvcc: required revision has been compacted"}));
    EXPECT_FALSE(is_compacted({code::out_of_range, "etcdserver: mvcc: required revision is a future revision"}));
}

}  // namespace
}  // namespace sonde::etcd
