// SPDX-License-Identifier: Apache-2.0
#include "api/target.hpp"

#include <gtest/gtest.h>

namespace sonde::api {
namespace {

request parsed(std::string_view target) {
    request of;
    const auto done = parse_target(target, of);
    EXPECT_TRUE(done) << target;
    return of;
}

TEST(Target, splits_path_and_query) {
    const request of = parsed("/modules/net%2Ework/check?client_id=a+b%26c&pretty&x=1&x=2&=");
    EXPECT_EQ(of.path, "/modules/net.work/check");
    EXPECT_EQ(of.segments, (std::vector<std::string>{"modules", "net.work", "check"}));
    EXPECT_EQ(of.query_value("client_id"), "a b&c");
    EXPECT_TRUE(of.query_flag("pretty"));
    EXPECT_EQ(of.query_value("x"), "2");
    EXPECT_EQ(of.query_values("x"), (std::vector<std::string>{"1", "2"}));
    EXPECT_TRUE(of.query_values("absent").empty());
    EXPECT_EQ(of.query_value("absent", "else"), "else");
}

TEST(Target, an_encoded_slash_stays_inside_its_segment) {
    EXPECT_EQ(parsed("/a%2fb/c").segments, (std::vector<std::string>{"a/b", "c"}));
}

TEST(Target, a_final_slash_and_a_fragment_do_not_count) {
    EXPECT_EQ(parsed("/livez/").segments, (std::vector<std::string>{"livez"}));
    EXPECT_EQ(parsed("/livez#top").path, "/livez");
    EXPECT_TRUE(parsed("/").segments.empty());
    EXPECT_EQ(parsed("//").path, "/");
    EXPECT_EQ(parsed("//x").segments, (std::vector<std::string>{"", "x"}));
}

TEST(Target, refuses_broken_escapes_and_control_characters) {
    for (const char* bad :
         {"", "livez", "http://h/livez", "*", "/%", "/%4", "/%zz", "/%00", "/a?%1", "/a?b=%0a", "/\x7f"}) {
        request of;
        EXPECT_FALSE(parse_target(bad, of)) << bad;
    }
}

}  // namespace
}  // namespace sonde::api
