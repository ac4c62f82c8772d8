// SPDX-License-Identifier: Apache-2.0
#include <sonde/collecting/position_store/format.hpp>

#include <gtest/gtest.h>

namespace sonde::collecting::position_store {
namespace {

std::string bytes_of_all_values() {
    std::string all;
    for (int c = 0; c < 256; ++c) {
        all.push_back(static_cast<char>(c));
    }
    return all;
}

TEST(PositionFormat, what_is_written_is_read) {
    const positions all{{"journal", "s=1;i=2"}, {"empty", ""}, {"odd", bytes_of_all_values()}};
    const auto read = decode(encode(all));
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_EQ(*read, all);
}

TEST(PositionFormat, the_text_is_the_documented_one) {
    // The checksum as `printf 'sonde-positions 1\njournal a%%20b\n' | gzip -c | tail -c8 | od -An -tx4` shows it.
    EXPECT_EQ(encode({{"journal", "a b"}}), "sonde-positions 1\njournal a%20b\nchecksum 790f05b2\n");
}

TEST(PositionFormat, a_key_may_be_called_checksum) {
    const positions all{{"checksum", "12345678"}};
    EXPECT_EQ(*decode(encode(all)), all);
}

TEST(PositionFormat, every_single_changed_byte_is_noticed) {
    const std::string text = encode({{"journal", "s=1;i=2"}, {"other", "x"}});
    for (std::size_t i = 0; i < text.size(); ++i) {
        for (const int flip : {1, 0x20, 0x80}) {
            std::string changed = text;
            changed[i] = static_cast<char>(changed[i] ^ flip);
            EXPECT_FALSE(decode(changed)) << "byte " << i;
        }
        EXPECT_FALSE(decode(text.substr(0, i))) << "cut at " << i;
    }
    EXPECT_FALSE(decode(text + "x"));
    EXPECT_FALSE(decode(text + "\n"));
}

TEST(PositionFormat, a_later_version_is_named_and_not_guessed_at) {
    const auto read = decode("sonde-positions 2\nchecksum 00000000\n");
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().text.find("version"), std::string::npos);
}

TEST(PositionFormat, keys_are_words) {
    EXPECT_TRUE(is_key("journal/main:1@x_y-z.Z"));
    EXPECT_FALSE(is_key(""));
    EXPECT_FALSE(is_key("a b"));
    EXPECT_FALSE(is_key("a\n"));
    EXPECT_FALSE(is_key(std::string(key_limit + 1, 'a')));
}

}  // namespace
}  // namespace sonde::collecting::position_store
