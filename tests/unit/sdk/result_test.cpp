// SPDX-License-Identifier: Apache-2.0
#include <sonde/result.hpp>

#include <gtest/gtest.h>

namespace sonde {
namespace {

result<int> failing() { return fail(errc::denied, "no permission", "/x"); }

TEST(Result, carries_a_value_or_an_error) {
    EXPECT_EQ(result<int>(3).value(), 3);
    const auto failed = failing();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, errc::denied);
    EXPECT_EQ(failed.error().message(), "/x: no permission");
}

TEST(Result, gains_context_once_per_layer) {
    const result<int> outer = fail(failing().error(), "reading the file");
    EXPECT_EQ(outer.error().text, "reading the file: no permission");
    EXPECT_EQ(outer.error().code, errc::denied);
    EXPECT_EQ(outer.error().where, "/x");
}

TEST(Result, names_every_code) {
    for (sonde_rc code = SONDE_AGAIN; code <= SONDE_INTERNAL; ++code) {
        EXPECT_NE(name(static_cast<errc>(code)), "unknown") << code;
    }
    EXPECT_EQ(name(static_cast<errc>(SONDE_INTERNAL + 1)), "unknown");
    EXPECT_EQ(name(errc::exhausted), "exhausted");
}

}  // namespace
}  // namespace sonde
