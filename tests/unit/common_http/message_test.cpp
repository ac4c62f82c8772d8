// SPDX-License-Identifier: Apache-2.0
#include "common/http/message.hpp"

#include <gtest/gtest.h>

namespace sonde::common::http {
namespace {

using namespace std::chrono_literals;

TEST(ResponseHead, finds_fields_in_any_case) {
    const response_head head{200, {{"Content-Type", "a"}, {"retry-after", "7"}}};
    EXPECT_EQ(head.field("content-type"), "a");
    EXPECT_EQ(head.field("none"), "");
    EXPECT_EQ(head.retry_after(), 7s);
}

TEST(ResponseHead, retry_after_is_seconds_within_reason) {
    const auto of = [](std::string text) {
        return response_head{429, {{"Retry-After", std::move(text)}}}.retry_after();
    };
    EXPECT_EQ(of("0"), 0s);
    EXPECT_EQ(of("86400"), 1h);
    for (const char* wrong : {"", "-1", "soon", "Wed, 21 Oct 2026 07:28:00 GMT", "5 s"}) {
        EXPECT_FALSE(of(wrong)) << wrong;
    }
}

TEST(QueryEscape, leaves_only_what_is_unreserved) {
    EXPECT_EQ(query_escape("aZ09-._~"), "aZ09-._~");
    EXPECT_EQ(query_escape("a=b&c d/\xc3\xa9"), "a%3Db%26c%20d%2F%C3%A9");
}

}  // namespace
}  // namespace sonde::common::http
