// SPDX-License-Identifier: Apache-2.0
#include "host/name_filter.hpp"

#include <gtest/gtest.h>

namespace sonde::host_metrics {
namespace {

TEST(NameFilter, patterns) {
    EXPECT_TRUE(matches("veth*", "veth12"));
    EXPECT_TRUE(matches("*", ""));
    EXPECT_TRUE(matches("/run/*/x", "/run/a/b/x"));
    EXPECT_TRUE(matches("sd?", "sda"));
    EXPECT_TRUE(matches("a*b*c", "aXbXbc"));
    EXPECT_TRUE(matches("eth0", "eth0"));
    EXPECT_FALSE(matches("eth0", "eth01"));
    EXPECT_FALSE(matches("sd?", "sd"));
    EXPECT_FALSE(matches("a*b*c", "aXbXbcd"));
    EXPECT_FALSE(matches("", "a"));
}

TEST(NameFilter, what_is_excluded_stays_out_even_if_it_is_included) {
    const name_filter both{{"sd*"}, {"sdb"}};
    EXPECT_TRUE(both.passes("sda"));
    EXPECT_FALSE(both.passes("sdb"));
    EXPECT_FALSE(both.passes("vda"));
    EXPECT_TRUE((name_filter{{}, {"loop*"}}).passes("vda"));
    EXPECT_FALSE((name_filter{{}, {"loop*"}}).passes("loop0"));
}

}  // namespace
}  // namespace sonde::host_metrics
