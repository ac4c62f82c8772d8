// SPDX-License-Identifier: Apache-2.0
#include "common/valid_utf8.hpp"

#include <gtest/gtest.h>

namespace sonde::common {
namespace {

std::string cleaned(std::string_view text) {
    std::string scratch;
    return std::string(valid_utf8(text, scratch));
}

constexpr const char* mark = "\xef\xbf\xbd";

TEST(ValidUtf8, hands_valid_text_back_without_a_copy) {
    for (const std::string_view text : {"", "plain", "\x01\x7f\n", "gr\xc3\xbc\xc3\x9f", "\xe2\x82\xac",
                                        "\xf0\x9f\x90\xa7", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf"}) {
        std::string scratch;
        EXPECT_EQ(valid_utf8(text, scratch).data(), text.data());
        EXPECT_TRUE(scratch.empty());
    }
}

TEST(ValidUtf8, replaces_each_offending_byte) {
    EXPECT_EQ(cleaned("a\xff"
                      "b"),
              std::string("a") + mark + "b");
    EXPECT_EQ(cleaned("cut\xe2\x82"), std::string("cut") + mark + mark);
    EXPECT_EQ(cleaned("\xc0\xaf"), std::string(mark) + mark);
    EXPECT_EQ(cleaned("\xed\xa0\x80"), std::string(mark) + mark + mark);
    EXPECT_EQ(cleaned("\xf4\x90\x80\x80x"), std::string(mark) + mark + mark + mark + "x");
    EXPECT_EQ(cleaned("\xe0\x9f\x80"), std::string(mark) + mark + mark);
}

TEST(ValidUtf8, is_idempotent_on_any_bytes) {
    std::uint32_t state = 12345;
    for (int round = 0; round < 2000; ++round) {
        std::string text;
        for (int i = 0; i < 12; ++i) {
            state = state * 1664525 + 1013904223;
            text.push_back(static_cast<char>(state >> 24));
        }
        const std::string once = cleaned(text);
        EXPECT_EQ(cleaned(once), once);
    }
}

}  // namespace
}  // namespace sonde::common
