// SPDX-License-Identifier: Apache-2.0
#include <sonde/text.hpp>

#include <gtest/gtest.h>

namespace sonde {
namespace {

TEST(Text, of_the_abi_and_of_the_library_are_the_same_bytes) {
    const std::string_view text("a\0b", 3);
    EXPECT_EQ(view(borrow(text)), text);
    EXPECT_EQ(view(sonde_str{nullptr, 0}), "");
}

TEST(Text, is_cut_to_fit_and_ends_in_nul) {
    char small[4] = {'x', 'x', 'x', 'x'};
    copy_text(small, "abcdef");
    EXPECT_STREQ(small, "abc");
    copy_text(small, "");
    EXPECT_STREQ(small, "");
}

TEST(Error, crosses_the_boundary_and_comes_back) {
    sonde_error carried = blank_error();
    const sonde_rc rc = store({errc::invalid, "too small", "interval"}, &carried);
    EXPECT_EQ(rc, SONDE_INVALID);
    const error back = load(rc, carried);
    EXPECT_EQ(back.code, errc::invalid);
    EXPECT_EQ(back.text, "too small");
    EXPECT_EQ(back.where, "interval");
}

TEST(Error, that_is_too_long_is_cut) {
    sonde_error carried = blank_error();
    static_cast<void>(store({errc::failed, std::string(5000, 't'), std::string(5000, 'k')}, &carried));
    EXPECT_EQ(std::strlen(carried.text), sizeof carried.text - 1);
    EXPECT_EQ(std::strlen(carried.key), sizeof carried.key - 1);
}

TEST(Error, is_not_written_where_there_is_no_room) {
    EXPECT_EQ(store({errc::failed, "text", {}}, nullptr), SONDE_FAILED);
    sonde_error old = blank_error();
    old.struct_size = 8;
    EXPECT_EQ(store({errc::failed, "text", {}}, &old), SONDE_FAILED);
    EXPECT_EQ(old.code, 0);
    EXPECT_STREQ(old.text, "");
}

TEST(Error, without_a_text_says_its_code) { EXPECT_EQ(load(SONDE_TIMEOUT, blank_error()).text, "timeout"); }

}  // namespace
}  // namespace sonde
