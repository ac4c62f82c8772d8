// SPDX-License-Identifier: Apache-2.0
#include "api/wire.hpp"

#include <gtest/gtest.h>

namespace sonde::api {
namespace {

TEST(Wire, a_head_has_length_and_connection) {
    response of;
    of.body = "{}";
    const std::string head = encode_head(of, {.keep_alive = true, .chunked = false});
    EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_NE(head.find("\r\nContent-Length: 2\r\n"), std::string::npos);
    EXPECT_NE(head.find("\r\nConnection: keep-alive\r\n"), std::string::npos);
    EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

TEST(Wire, a_value_cannot_start_another_header) {
    response of;
    of.content_type = "text/plain\r\nSet-Cookie: a=b";
    of.headers.emplace_back("X", "1\n2");
    const std::string head = encode_head(of, {});
    EXPECT_EQ(head.find("\r\nSet-Cookie"), std::string::npos);
    EXPECT_NE(head.find("\r\nX: 1 2\r\n"), std::string::npos);
}

TEST(Wire, a_chunk_carries_its_size_in_hexadecimal) {
    EXPECT_EQ(encode_chunk(std::string(26, 'x')), "1a\r\n" + std::string(26, 'x') + "\r\n");
}

}  // namespace
}  // namespace sonde::api
