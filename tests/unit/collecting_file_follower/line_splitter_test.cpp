// SPDX-License-Identifier: Apache-2.0
#include <sonde/collecting/file_follower/line_splitter.hpp>

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sonde::collecting::file_follower {
namespace {

std::vector<std::string> all_of(line_splitter& from) {
    std::vector<std::string> told;
    for (line each; from.next(each); from.take()) {
        told.emplace_back(each.text);
    }
    return told;
}

TEST(LineSplitter, a_part_of_a_line_is_left) {
    line_splitter lines(100);
    lines.feed("a\n\nbc\nrest", 10, false);
    EXPECT_EQ(all_of(lines), (std::vector<std::string>{"a", "", "bc"}));
    EXPECT_EQ(lines.taken(), 16U);
    EXPECT_FALSE(lines.is_empty());
}

TEST(LineSplitter, at_the_end_the_rest_is_a_line) {
    line_splitter lines(100);
    lines.feed("a\nrest", 0, true);
    EXPECT_EQ(all_of(lines), (std::vector<std::string>{"a", "rest"}));
    EXPECT_TRUE(lines.is_empty());
}

TEST(LineSplitter, a_line_that_is_not_taken_is_found_again) {
    line_splitter lines(100);
    lines.feed("a\nb\n", 0, false);
    line first;
    line second;
    ASSERT_TRUE(lines.next(first));
    ASSERT_TRUE(lines.next(second));
    EXPECT_EQ(first.text, second.text);
    EXPECT_EQ(lines.taken(), 0U);
}

TEST(LineSplitter, a_line_at_its_limit_is_whole_and_one_byte_more_is_not) {
    line_splitter lines(3);
    lines.feed("abc\nabcd\n", 0, false);
    line each;
    ASSERT_TRUE(lines.next(each));
    EXPECT_FALSE(each.is_truncated);
    lines.take();
    ASSERT_TRUE(lines.next(each));
    EXPECT_TRUE(each.is_truncated);
    EXPECT_EQ(each.text, "abc");
    EXPECT_EQ(each.size, 4U);
}

TEST(LineSplitter, zeros_before_a_line_are_passed_over_and_counted) {
    line_splitter lines(100);
    using namespace std::literals;
    lines.feed("\0\0\0a\0b\n\0\0"sv, 0, false);
    EXPECT_EQ(all_of(lines), (std::vector<std::string>{"a\0b"s}));
    EXPECT_EQ(lines.passed_over(), 5U);
    EXPECT_TRUE(lines.is_empty());
}

}  // namespace
}  // namespace sonde::collecting::file_follower
