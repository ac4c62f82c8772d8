// SPDX-License-Identifier: Apache-2.0
#include "api/address.hpp"

#include <gtest/gtest.h>

namespace sonde::api {
namespace {

TEST(Address, reads_names_and_both_families) {
    EXPECT_EQ(parse_address("127.0.0.1:3333")->host, "127.0.0.1");
    EXPECT_EQ(parse_address("127.0.0.1:3333")->port, 3333);
    EXPECT_EQ(parse_address("[::1]:80")->host, "::1");
    EXPECT_EQ(parse_address("[::1]:80")->port, 80);
    EXPECT_FALSE(parse_address("localhost")->port);
}

TEST(Address, refuses_what_is_not_an_address) {
    for (const char* bad : {"", ":80", "[::1", "a:", "a:x", "a:65536", "a:-1", "[]:1", "[::1]80", "a:1:2"}) {
        EXPECT_FALSE(parse_address(bad)) << bad;
    }
}

TEST(Address, knows_loopback_from_the_rest) {
    for (const char* local : {"localhost", "LocalHost", "127.0.0.1", "127.9.9.9", "::1"}) {
        EXPECT_TRUE(is_loopback(local)) << local;
    }
    for (const char* other : {"0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example.org", "localhost.", "example.org", ""}) {
        EXPECT_FALSE(is_loopback(other)) << other;
    }
}

}  // namespace
}  // namespace sonde::api
