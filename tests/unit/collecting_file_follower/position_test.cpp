// SPDX-License-Identifier: Apache-2.0
#include <sonde/collecting/file_follower/position.hpp>

#include <gtest/gtest.h>

namespace sonde::collecting::file_follower {
namespace {

TEST(FilePosition, what_is_written_is_read) {
    const position all{{1, 2, 3, 4, 5, 6}, {~0ULL, ~0ULL, ~0ULL, head_limit, ~0ULL, ~0ULL}};
    const auto read = decode(encode(all));
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_EQ(*read, all);
    EXPECT_EQ(encode({{10, 11, 255, 4, 5, 6}}), "a:b:ff:4:5:6");
    EXPECT_TRUE(decode("")->empty());
}

TEST(FilePosition, other_text_is_refused) {
    for (const char* const text : {"x", "1:2:3:4:5", "1:2:3:4:5:6,", "1:2:3:4:5:6 ", ",1:2:3:4:5:6", "1:2:3:101:5:6",
                                   "1:2:3:4:5:10000000000000000"}) {
        EXPECT_FALSE(decode(text)) << text;
    }
}

TEST(FilePosition, fits_into_a_value_of_a_position_store) {
    const position all(generation_limit, {~0ULL, ~0ULL, ~0ULL, head_limit, ~0ULL, ~0ULL});
    EXPECT_LE(encode(all).size(), 4096U);
    position more = all;
    more.push_back({});
    EXPECT_FALSE(decode(encode(more)));
}

}  // namespace
}  // namespace sonde::collecting::file_follower
