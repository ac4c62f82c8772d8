// SPDX-License-Identifier: Apache-2.0
#include "cni/options.hpp"

#include <gtest/gtest.h>

#include <sonde/testing/driver.hpp>

#include "cni/collector.hpp"

namespace sonde::cni {
namespace {

class CniOptions : public ::testing::Test {
protected:
    CniOptions() { EXPECT_TRUE(driver_.create()); }
    ~CniOptions() override { driver_.destroy(); }

    testing::fake_host host_;
    testing::collector_driver driver_{host_, component_table<collector>::table};
};

TEST_F(CniOptions, defaults_are_good) { EXPECT_TRUE(driver_.configure()); }

TEST_F(CniOptions, each_part_can_be_switched_off_but_not_all) {
    const char* const parts[] = {"logs", "config", "results", "network", "operations"};
    testing::option_texts all;
    for (const char* const each : parts) {
        EXPECT_TRUE(driver_.configure({{each, "false"}})) << each;
        all.emplace_back(each, "false");
    }
    const auto refused = driver_.configure(all);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().where, "logs");
}

TEST_F(CniOptions, paths_are_absolute_and_named_once) {
    EXPECT_TRUE(driver_.configure({{"log_paths", "/a/x.log,/b/x.log"}}));
    EXPECT_FALSE(driver_.configure({{"log_paths", "x.log"}}));
    EXPECT_FALSE(driver_.configure({{"log_paths", "/a/"}}));
    EXPECT_FALSE(driver_.configure({{"log_paths", "/a,/a"}}));
    EXPECT_FALSE(driver_.configure({{"log_paths", "/1,/2,/3,/4,/5,/6,/7,/8,/9"}}));
}

}  // namespace
}  // namespace sonde::cni
