// SPDX-License-Identifier: Apache-2.0
#include "config/spelling.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace sonde::config;
using ::testing::ElementsAre;

TEST(Spelling, toml_strings_escape_what_toml_forbids) {
    EXPECT_EQ(toml_string("a\"b\\c\n\x7f"), "\"a\\\"b\\\\c\\u000A\\u007F\"");
    EXPECT_EQ(spelt_key("plain_key-1"), "plain_key-1");
    EXPECT_EQ(spelt_key("a.b"), "\"a.b\"");
    EXPECT_EQ(spelt_key(""), "\"\"");
}

TEST(Spelling, messages_show_no_control_bytes_and_are_cut_between_characters) {
    EXPECT_EQ(shown("a\x1b["), "'a\\x1b['");
    EXPECT_EQ(printable("abcdef", 3), "abc...");
    EXPECT_EQ(printable("ab\xc3\xa9", 3), "ab...");
    EXPECT_EQ(printable("ab\xc3\xa9", 4), "ab\xc3\xa9");
}

TEST(Spelling, variables_are_upper_case_with_underscores) {
    EXPECT_EQ(variable_part("my-inst.tls_ca"), "MY_INST_TLS_CA");
}

TEST(Spelling, lists_split_at_commas) {
    EXPECT_THAT(split_list(" a,b , c"), ElementsAre("a", "b", "c"));
    EXPECT_THAT(split_list("a,,"), ElementsAre("a", "", ""));
    EXPECT_TRUE(split_list("  ").empty());
}

}  // namespace
