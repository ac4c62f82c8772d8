// SPDX-License-Identifier: Apache-2.0
#include "systemd/cursor.hpp"

#include <string>

#include <gtest/gtest.h>

namespace sonde::systemd {
namespace {

constexpr std::string_view sample = "s=1e11a459c6434a50bd5d20a3fcf9fedc;i=bb8;b=0123456789abcdef0123456789abcdef;m="
                                    "f4df7;t=60a24181e4bb7;x=db6152aa857932f5";

TEST(Cursor, has_the_parts_of_the_place) {
    const auto at = parse_cursor(sample);
    ASSERT_TRUE(at);
    EXPECT_EQ(at->sequence[0], 0x1e);
    EXPECT_EQ(at->sequence[15], 0xdc);
    EXPECT_EQ(at->number, 0xbb8U);
    EXPECT_EQ(at->boot, "0123456789abcdef0123456789abcdef");
    EXPECT_EQ(at->monotonic_us, 0xf4df7U);
    EXPECT_EQ(at->realtime_us, 0x60a24181e4bb7U);
    EXPECT_EQ(at->hash, 0xdb6152aa857932f5U);
}

TEST(Cursor, anything_else_is_refused) {
    const std::string whole(sample);
    for (std::size_t size = 0; size + 16 < whole.size(); ++size) {
        EXPECT_FALSE(parse_cursor(whole.substr(0, size))) << size;
    }
    EXPECT_FALSE(parse_cursor(whole + ";y=1"));
    EXPECT_FALSE(parse_cursor("i=1;" + whole));
    EXPECT_FALSE(parse_cursor(whole + "0"));  // more than 64 bits
}

TEST(Cursor, the_event_id_follows_from_the_place_alone) {
    const auto at = *parse_cursor(sample);
    EXPECT_EQ(event_id(at), event_id(*parse_cursor(sample)));
    auto next = at;
    ++next.number;
    EXPECT_NE(event_id(at), event_id(next));
    auto other = at;
    ++other.hash;
    EXPECT_NE(event_id(at), event_id(other));
    auto foreign = at;
    ++foreign.sequence[3];
    EXPECT_NE(event_id(at), event_id(foreign));
}

}  // namespace
}  // namespace sonde::systemd
