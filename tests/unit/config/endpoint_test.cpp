// SPDX-License-Identifier: Apache-2.0
#include "config/endpoint.hpp"

#include <gtest/gtest.h>

namespace {

using namespace sonde::config;

TEST(Endpoint, reads_addresses) {
    const auto v4 = parse_endpoint("127.0.0.1:3333");
    ASSERT_TRUE(v4);
    EXPECT_EQ(v4->host, "127.0.0.1");
    EXPECT_EQ(v4->port, 3333);
    const auto v6 = parse_endpoint("[fe80::1]:1");
    ASSERT_TRUE(v6);
    EXPECT_EQ(v6->host, "fe80::1");
    EXPECT_EQ(v6->port, 1);
}

TEST(Endpoint, reads_sockets_and_urls) {
    EXPECT_EQ(parse_endpoint("unix:/run/x.sock")->kind, endpoint_kind::unix_socket);
    EXPECT_EQ(parse_endpoint("unix:/run/x.sock")->path, "/run/x.sock");
    const auto url = parse_endpoint("https://example.org:8443/v1/x?y=z");
    ASSERT_TRUE(url);
    EXPECT_TRUE(url->is_secure);
    EXPECT_EQ(url->host, "example.org");
    EXPECT_EQ(url->port, 8443);
    EXPECT_EQ(url->path, "/v1/x?y=z");
    EXPECT_EQ(parse_endpoint("http://[::1]")->port, 0);
}

TEST(Endpoint, refuses_everything_else) {
    for (const char* text :
         {"",        "host",    ":80",       "host:",   "host:0",         "host:65536",   "host:80x",
          "host:-1", "::1:80",  "[::1]",     "[::1:80", "[x]:80",         "a b:80",       "unix:relative",
          "unix:",   "http://", "http:///x", "ftp://x", "http://a:b@c:1", "host:80/path", "h\x01:80"}) {
        EXPECT_FALSE(parse_endpoint(text)) << text;
    }
    EXPECT_FALSE(parse_endpoint("unix:/" + std::string(107, 'x')));
}

TEST(Endpoint, loopback_is_told_without_a_look_up) {
    for (const char* host : {"127.0.0.1", "127.9.9.9", "::1", "localhost"}) {
        EXPECT_TRUE(is_loopback(host)) << host;
    }
    for (const char* host : {"0.0.0.0", "10.0.0.1", "::", "::2", "example.org", "127.0.0.1.example.org", ""}) {
        EXPECT_FALSE(is_loopback(host)) << host;
    }
}

}  // namespace
