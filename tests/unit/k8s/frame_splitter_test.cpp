// SPDX-License-Identifier: Apache-2.0
#include "k8s/frame_splitter.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sonde::k8s {
namespace {

std::vector<std::string> split(frame_splitter& by, std::string_view bytes, std::size_t piece) {
    std::vector<std::string> lines;
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
        EXPECT_TRUE(by.feed(bytes.substr(0, piece), [&](std::string_view line) {
            lines.emplace_back(line);
            return true;
        }));
    }
    return lines;
}

TEST(FrameSplitter, finds_the_same_lines_however_the_bytes_are_cut) {
    const std::vector<std::string> wanted{"{\"a\":1}", "{\"b\":2}", "{\"c\":3}"};
    for (std::size_t piece = 1; piece < 30; ++piece) {
        frame_splitter splitter(100);
        EXPECT_EQ(split(splitter, "{\"a\":1}\n\n{\"b\":2}\r\n{\"c\":3}\n", piece), wanted) << piece;
        EXPECT_FALSE(splitter.is_inside_line());
    }
}

TEST(FrameSplitter, keeps_an_unfinished_line_until_its_end_comes) {
    frame_splitter splitter(100);
    EXPECT_TRUE(split(splitter, "{\"a\":", 100).empty());
    EXPECT_EQ(splitter.pending(), 5U);
    EXPECT_EQ(split(splitter, "1}\n", 100), (std::vector<std::string>{"{\"a\":1}"}));
}

TEST(FrameSplitter, passes_over_a_line_beyond_the_limit_and_counts_it) {
    frame_splitter splitter(8);
    EXPECT_EQ(split(splitter, "1\n" + std::string(1000, 'x') + "\n2\n", 3), (std::vector<std::string>{"1", "2"}));
    EXPECT_EQ(splitter.take_oversized(), 1U);
    EXPECT_EQ(splitter.take_oversized(), 0U);
    EXPECT_EQ(split(splitter, "12345678\n", 3), (std::vector<std::string>{"12345678"})) << "the limit itself fits";
}

TEST(FrameSplitter, stops_when_told_to_and_begins_anew_after_clear) {
    frame_splitter splitter(100);
    int seen = 0;
    EXPECT_FALSE(splitter.feed("1\n2\n3", [&](std::string_view) { return ++seen < 1; }));
    EXPECT_EQ(seen, 1);
    EXPECT_TRUE(splitter.feed("half", [](std::string_view) { return true; }));
    splitter.clear();
    EXPECT_EQ(split(splitter, "whole\n", 100), (std::vector<std::string>{"whole"}));
}

}  // namespace
}  // namespace sonde::k8s
