// SPDX-License-Identifier: Apache-2.0
#include "support/units.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using sonde::support::format_bytes;
using sonde::support::format_duration;
using sonde::support::parse_bytes;
using sonde::support::parse_duration;
using testing::HasSubstr;

TEST(Duration, reads_every_unit_and_combinations) {
    EXPECT_EQ(parse_duration("7ns").value(), 7ns);
    EXPECT_EQ(parse_duration("7us").value(), 7us);
    EXPECT_EQ(parse_duration("250ms").value(), 250ms);
    EXPECT_EQ(parse_duration("10s").value(), 10s);
    EXPECT_EQ(parse_duration("5m").value(), 5min);
    EXPECT_EQ(parse_duration("1h").value(), 1h);
    EXPECT_EQ(parse_duration("2d").value(), 48h);
    EXPECT_EQ(parse_duration("1h30m").value(), 90min);
    EXPECT_EQ(parse_duration("1d1ns").value(), 24h + 1ns);
    EXPECT_EQ(parse_duration("0").value(), 0ns);
    EXPECT_EQ(parse_duration("0s").value(), 0ns);
}

TEST(Duration, refuses_what_has_no_unit_order_or_whole_number) {
    for (const char* text : {"", "10", "s", "1.5s", "1x", "1s1h", "1s1s", " 1s", "1s ", "1 s", "+1s", "1h-3m"}) {
        const auto parsed = parse_duration(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_THAT(parsed.error().text, HasSubstr("is not a duration")) << text;
    }
}

TEST(Duration, says_negative_and_too_long) {
    EXPECT_THAT(parse_duration("-5s").error().text, HasSubstr("negative"));
    EXPECT_THAT(parse_duration("99999999999999999999s").error().text, HasSubstr("too long"));
    EXPECT_THAT(parse_duration("106752d").error().text, HasSubstr("too long"));
    EXPECT_THAT(parse_duration("106751d23h47m17s").error().text, HasSubstr("too long"));
}

TEST(Duration, formatting_parses_back) {
    EXPECT_EQ(format_duration(90min), "1h30m");
    EXPECT_EQ(format_duration(0ns), "0s");
    EXPECT_EQ(format_duration(1500ms), "1s500ms");
    for (const auto span : {1ns, 999ns, std::chrono::nanoseconds(25h + 61s + 3ns), std::chrono::nanoseconds::max()}) {
        EXPECT_EQ(parse_duration(format_duration(span)).value(), span);
    }
}

TEST(Bytes, reads_plain_binary_and_decimal_units) {
    EXPECT_EQ(parse_bytes("4096").value(), 4096u);
    EXPECT_EQ(parse_bytes("12B").value(), 12u);
    EXPECT_EQ(parse_bytes("64KiB").value(), 65536u);
    EXPECT_EQ(parse_bytes("16MiB").value(), 16u << 20);
    EXPECT_EQ(parse_bytes("16 MiB").value(), 16u << 20);
    EXPECT_EQ(parse_bytes("1GiB").value(), 1u << 30);
    EXPECT_EQ(parse_bytes("1TiB").value(), std::uint64_t{1} << 40);
    EXPECT_EQ(parse_bytes("1kB").value(), 1000u);
    EXPECT_EQ(parse_bytes("1GB").value(), 1'000'000'000u);
    EXPECT_EQ(parse_bytes("9223372036854775807").value(), 9223372036854775807u);
}

TEST(Bytes, refuses_other_text) {
    for (const char* text : {"", "KiB", "1.5MiB", "1kib", "1 KiB ", "1Mi", "0x10", "1MiB2"}) {
        const auto parsed = parse_bytes(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_THAT(parsed.error().text, HasSubstr("is not a size")) << text;
    }
}

TEST(Bytes, says_negative_and_too_large) {
    EXPECT_THAT(parse_bytes("-1").error().text, HasSubstr("negative"));
    EXPECT_THAT(parse_bytes("9223372036854775808").error().text, HasSubstr("too large"));
    EXPECT_THAT(parse_bytes("8388608TiB").error().text, HasSubstr("too large"));
}

TEST(Bytes, formatting_parses_back) {
    EXPECT_EQ(format_bytes(65536), "64KiB");
    EXPECT_EQ(format_bytes(1000), "1000");
    EXPECT_EQ(format_bytes(0), "0");
    for (const std::uint64_t size : {1ull, 1024ull, 1025ull, 3ull << 20, 5ull << 40}) {
        EXPECT_EQ(parse_bytes(format_bytes(size)).value(), size);
    }
}

}  // namespace
