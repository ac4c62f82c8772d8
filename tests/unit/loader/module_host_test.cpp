// SPDX-License-Identifier: Apache-2.0
#include "loader/module_host.hpp"

#include <gtest/gtest.h>

#include <sonde/abi/ext/lane.h>
#include <sonde/host.hpp>

namespace sonde::loader {
namespace {

TEST(ModuleHost, offers_log_and_clock_and_nothing_else) {
    std::string said;
    const module_host under_test("io.sonde.test", [&](const module_log& line) {
        said = std::string(line.module) + ": " + std::string(line.message);
        EXPECT_EQ(line.level, SONDE_LOG_WARN);
        EXPECT_TRUE(line.file.ends_with("module_host_test.cpp"));
        EXPECT_GT(line.line, 0);
    });
    const host handle(under_test.abi());
    handle.warn("a warning");
    EXPECT_EQ(said, "io.sonde.test: a warning");

    const auto before = handle.monotonic();
    EXPECT_GE(handle.monotonic(), before);
    EXPECT_LT(std::chrono::abs(handle.wall(before) - handle.wall()), std::chrono::seconds(5));
    EXPECT_EQ(handle.extension<sonde_host_lane>(SONDE_HOST_LANE), nullptr);
    EXPECT_STREQ(under_test.abi()->version, SONDE_VERSION);
}

TEST(ModuleHost, without_a_sink_swallows_nothing_but_log_lines) {
    const module_host under_test("io.sonde.test", {});
    const host handle(under_test.abi());
    handle.error("nobody listens");
    EXPECT_TRUE(handle.logs(level::error));
    EXPECT_FALSE(handle.logs(level::debug));
}

}  // namespace
}  // namespace sonde::loader
