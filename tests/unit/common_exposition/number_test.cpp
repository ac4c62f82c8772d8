// SPDX-License-Identifier: Apache-2.0
#include "common/exposition/number.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace {

using namespace sonde::common::exposition;

TEST(Value, reads_all_forms_that_go_and_prometheus_write) {
    EXPECT_EQ(parse_value("0"), 0.0);
    EXPECT_EQ(parse_value("1027"), 1027.0);
    EXPECT_EQ(parse_value("-3.14"), -3.14);
    EXPECT_EQ(parse_value("+2.5e-07"), 2.5e-7);
    EXPECT_EQ(parse_value("1.7560473e+07"), 17560473.0);
    EXPECT_EQ(parse_value("1458255915"), 1458255915.0);
    EXPECT_EQ(parse_value(".5"), 0.5);
    EXPECT_EQ(parse_value("5."), 5.0);
}

TEST(Value, reads_infinities_and_nan_in_any_case) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    for (const char* text : {"+Inf", "Inf", "inf", "+inf", "Infinity"}) {
        EXPECT_EQ(parse_value(text), infinity) << text;
    }
    EXPECT_EQ(parse_value("-Inf"), -infinity);
    for (const char* text : {"NaN", "nan", "NAN"}) {
        EXPECT_TRUE(std::isnan(parse_value(text).value_or(0))) << text;
    }
}

TEST(Value, is_exact_where_a_double_is) {
    EXPECT_EQ(parse_value("999999999999999"), 999999999999999.0);
    EXPECT_EQ(parse_value("9007199254740993"), 9007199254740992.0) << "rounded to even";
    EXPECT_EQ(parse_value("0.1"), 0.1);
    EXPECT_EQ(parse_value("1.7976931348623157e308"), std::numeric_limits<double>::max());
}

TEST(Value, refuses_what_is_no_number) {
    for (const char* text : {"", " ", "+", "-", "1 ", " 1", "1x", "x1", "0x10", "1_000", "nan(1)", "+-1", "--1", "1e",
                             "1e400", "-1e400", "1,5", "Infinit"}) {
        EXPECT_EQ(parse_value(text), std::nullopt) << text;
    }
}

TEST(Milliseconds, become_nanoseconds) {
    EXPECT_EQ(parse_milliseconds("1395066363000"), 1'395'066'363'000'000'000);
    EXPECT_EQ(parse_milliseconds("-1"), -1'000'000);
    EXPECT_EQ(parse_milliseconds("0"), 0);
}

TEST(Milliseconds, refuse_fractions_and_what_does_not_fit) {
    for (const char* text : {"", "1.5", "1e3", "9223372036855", "99999999999999999999", "-", "12 "}) {
        EXPECT_EQ(parse_milliseconds(text), std::nullopt) << text;
    }
}

TEST(Seconds, keep_every_nanosecond) {
    EXPECT_EQ(parse_seconds("1520879607.789"), 1'520'879'607'789'000'000);
    EXPECT_EQ(parse_seconds("1520879607.123456789"), 1'520'879'607'123'456'789);
    EXPECT_EQ(parse_seconds("1520879607.1234567894"), 1'520'879'607'123'456'789);
    EXPECT_EQ(parse_seconds("1520879607"), 1'520'879'607'000'000'000);
    EXPECT_EQ(parse_seconds("-1.5"), -1'500'000'000);
    EXPECT_EQ(parse_seconds("-0.25"), -250'000'000);
    EXPECT_EQ(parse_seconds("0.0"), 0);
}

TEST(Seconds, may_have_an_exponent) {
    EXPECT_EQ(parse_seconds("1.5e3"), 1'500'000'000'000);
    EXPECT_EQ(parse_seconds("2e0"), 2'000'000'000);
    EXPECT_EQ(parse_seconds(".5"), 500'000'000);
}

TEST(Seconds, refuse_what_does_not_fit) {
    for (const char* text :
         {"", "-", ".", "NaN", "+Inf", "1e30", "9223372036.9", "99999999999999999999", "1.2.3", "1.x"}) {
        EXPECT_EQ(parse_seconds(text), std::nullopt) << text;
    }
}

}  // namespace
