// SPDX-License-Identifier: Apache-2.0
#include "vault/entry_stream.hpp"

#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sonde::vault {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EntryStream : public ::testing::Test {
protected:
    // Feeds `text` in pieces of at most `piece` bytes and returns the lines.
    std::vector<std::string> feed(std::string_view text, std::size_t piece) {
        std::vector<std::string> lines;
        while (!text.empty()) {
            const auto room = stream.room();
            const std::size_t size = std::min({piece, room.size(), text.size()});
            EXPECT_GT(size, 0U);
            text.copy(room.data(), size);
            stream.filled(size);
            text.remove_prefix(size);
            EXPECT_TRUE(stream.each([&](std::string_view line) {
                lines.emplace_back(line);
                return true;
            }));
        }
        return lines;
    }
    entry_stream stream{64};
};

TEST_F(EntryStream, lines_are_the_same_however_they_come) {
    for (const std::size_t piece : {1U, 2U, 3U, 1000U}) {
        EXPECT_THAT(feed("one\ntwo\r\n\nthree\n", piece), ElementsAre("one", "two", "", "three"));
    }
    EXPECT_THAT(feed("part", 1000), IsEmpty());
    EXPECT_THAT(feed("ial\n", 1000), ElementsAre("partial"));
}

TEST_F(EntryStream, a_line_beyond_the_limit_is_passed_over_and_counted_once) {
    const std::string longest(64, 'x');
    std::string text = longest;
    text.append("\n").append(longest).append("y\n").append(50'000, 'z').append("\nafter\n");
    for (const std::size_t piece : {1U, 7U, 100'000U}) {
        EXPECT_THAT(feed(text, piece), ElementsAre(longest, "after"));
        EXPECT_EQ(stream.take_too_long(), 2U);
        EXPECT_EQ(stream.take_too_long(), 0U);
    }
}

TEST_F(EntryStream, what_is_refused_comes_again) {
    const std::string_view text = "one\ntwo\n";
    text.copy(stream.room().data(), text.size());
    stream.filled(text.size());
    std::vector<std::string> lines;
    EXPECT_FALSE(stream.each([&](std::string_view line) {
        lines.emplace_back(line);
        return line != "two";
    }));
    EXPECT_TRUE(stream.each([&](std::string_view line) {
        lines.emplace_back(line);
        return true;
    }));
    EXPECT_THAT(lines, ElementsAre("one", "two", "two"));
}

}  // namespace
}  // namespace sonde::vault
