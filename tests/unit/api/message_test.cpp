// SPDX-License-Identifier: Apache-2.0
#include "api/message.hpp"

#include <gtest/gtest.h>

namespace sonde::api {
namespace {

TEST(Message, a_flag_is_on_when_present_and_not_denied) {
    request of;
    for (const char* yes : {"", "1", "t", "true", "TRUE", "yes", "y", "on"}) {
        of.query["pretty"] = yes;
        EXPECT_TRUE(of.query_flag("pretty")) << yes;
    }
    for (const char* no : {"0", "false", "no", "2", "off"}) {
        of.query["pretty"] = no;
        EXPECT_FALSE(of.query_flag("pretty")) << no;
    }
    EXPECT_FALSE(of.query_flag("other"));
}

TEST(Message, an_error_becomes_its_status_and_a_json_body) {
    const response answer = failure(error{errc::denied, "not \"you\"", "x"});
    EXPECT_EQ(answer.status, 403);
    EXPECT_EQ(answer.body, R"({"error":{"code":"denied","message":"x: not \"you\""}})");
    EXPECT_EQ(failure(error{errc::invalid, "", ""}).status, 400);
    EXPECT_EQ(failure(error{errc::again, "", ""}).status, 503);
    EXPECT_EQ(failure(error{errc::unsupported, "", ""}).status, 501);
    EXPECT_EQ(failure(error{errc::internal, "", ""}).status, 500);
}

TEST(Message, a_waker_without_a_stream_does_nothing) {
    waker().notify();
    int woken = 0;
    const waker one([&] { ++woken; });
    waker copy;
    copy = one;
    copy.notify();
    EXPECT_EQ(woken, 1);
}

}  // namespace
}  // namespace sonde::api
