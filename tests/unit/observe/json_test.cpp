// SPDX-License-Identifier: Apache-2.0
#include "observe/json.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace sonde::observe {
namespace {

TEST(Json, places_commas_between_members_and_elements) {
    json_writer json;
    json.begin_object().member("a", 1).key("b").begin_array().value(true).value(nullptr).begin_object().end_object();
    json.end_array().member("c", "x").end_object();
    EXPECT_EQ(json.text(), R"({"a":1,"b":[true,null,{}],"c":"x"})");
}

TEST(Json, writes_null_for_what_json_cannot_hold) {
    json_writer json;
    json.begin_array().value(std::nan("")).value(std::numeric_limits<double>::infinity());
    json.value(-std::numeric_limits<double>::infinity()).value(0.5).end_array();
    EXPECT_EQ(json.text(), "[null,null,null,0.5]");
}

TEST(Json, keeps_the_extremes_of_64_bits) {
    json_writer json;
    json.begin_array().value(std::numeric_limits<std::uint64_t>::max()).value(std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(json.end_array().text(), "[18446744073709551615,-9223372036854775808]");
}

TEST(Json, escapes_quotes_controls_and_bytes_that_are_not_utf8) {
    std::string text;
    append_json_string(text, std::string_view("a\"\\\n\x01\xff\xe2\x82\xac\0z", 11));
    EXPECT_EQ(text, "\"a\\\"\\\\\\n\\u0001\\ufffd\xe2\x82\xac\\u0000z\"");
}

TEST(Json, indents_without_touching_numbers_or_strings) {
    EXPECT_EQ(indent_json(R"({"a":[1.50,{}],"b{,":"x:\"]","c":[ ]})"), "{\n"
                                                                       "  \"a\": [\n"
                                                                       "    1.50,\n"
                                                                       "    {}\n"
                                                                       "  ],\n"
                                                                       "  \"b{,\": \"x:\\\"]\",\n"
                                                                       "  \"c\": []\n"
                                                                       "}\n");
}

TEST(Json, indenting_what_is_not_json_ends_and_stays_bounded) {
    EXPECT_FALSE(indent_json("]]]}{\"abc\\").empty());
    const std::string nested(1000, '[');
    EXPECT_LT(indent_json(nested).size(), nested.size() * 70);
}

}  // namespace
}  // namespace sonde::observe
