// SPDX-License-Identifier: Apache-2.0
#include "observe/utf8.hpp"

#include <gtest/gtest.h>

namespace sonde::observe {
namespace {

TEST(Utf8, accepts_the_first_and_last_code_point_of_each_length) {
    for (const char* text : {"\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                             "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
        EXPECT_EQ(utf8_sequence(text), std::string_view(text).size()) << text;
    }
}

TEST(Utf8, refuses_overlong_forms_surrogates_and_what_lies_above_the_last_code_point) {
    for (const char* text : {"\xc0\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                             "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\x80"}) {
        EXPECT_EQ(utf8_sequence(text), 0U) << text;
    }
}

TEST(Utf8, refuses_a_cut_sequence) {
    EXPECT_FALSE(is_utf8("abc\xe2\x82"));
    EXPECT_TRUE(is_utf8("abc\xe2\x82\xac"));
    EXPECT_FALSE(is_utf8("\xe2(\xac"));
    EXPECT_TRUE(is_utf8(""));
}

}  // namespace
}  // namespace sonde::observe
