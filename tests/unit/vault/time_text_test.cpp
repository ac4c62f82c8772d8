// SPDX-License-Identifier: Apache-2.0
#include "vault/time_text.hpp"

#include <gtest/gtest.h>

namespace sonde::vault {
namespace {

constexpr std::uint64_t second = 1'000'000'000;
constexpr std::uint64_t ten_o_clock = 1795255200 * second;  // date -u -d 2026-11-21T10:00:00Z +%s

TEST(ParseTime, fractions_and_offsets_count) {
    EXPECT_EQ(parse_time("2026-11-21T10:00:00Z"), ten_o_clock);
    EXPECT_EQ(parse_time("2026-11-21T10:00:00.5Z"), ten_o_clock + second / 2);
    EXPECT_EQ(parse_time("2026-11-21T10:00:00.123456789Z"), ten_o_clock + 123456789);
    EXPECT_EQ(parse_time("2026-11-21T12:30:00+02:30"), ten_o_clock);
    EXPECT_EQ(parse_time("2026-11-21T09:00:00-01:00"), ten_o_clock);
    EXPECT_EQ(parse_time("1970-01-01T00:00:00Z"), 0U);
}

TEST(ParseTime, anything_else_is_no_time) {
    for (const char* text :
         {"", "2026", "2026-11-21", "2026-11-21 10:00:00Z", "2026-11-21T10:00:00", "2026-13-21T10:00:00Z",
          "2026-02-30T10:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T10:00:00.Z", "2026-11-21T10:00:00.1234567890Z",
          "2026-11-21T10:00:00+24:00", "2026-11-21T10:00:00Zx", "0001-01-01T00:00:00Z", "2262-01-01T00:00:00Z",
          "1970-01-01T00:00:00+01:00"}) {
        EXPECT_EQ(parse_time(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace sonde::vault
