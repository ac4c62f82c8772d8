// SPDX-License-Identifier: Apache-2.0
#include "process/cpu.hpp"

#include <gtest/gtest.h>

namespace sonde::process {
namespace {

using namespace std::chrono_literals;

TEST(CpuMeter, says_nothing_at_the_first_look) {
    cpu_meter meter;
    EXPECT_FALSE(meter.sample(500, 100, 10s));
}

TEST(CpuMeter, counts_over_the_time_that_really_passed) {
    cpu_meter meter;
    static_cast<void>(meter.sample(0, 100, 10s));
    // Half a core over 15 s, looked at 7 s late.
    EXPECT_DOUBLE_EQ(*meter.sample(1100, 100, 32s), 50.0);
}

TEST(CpuMeter, follows_the_clock_rate_of_the_machine) {
    cpu_meter meter;
    static_cast<void>(meter.sample(0, 250, 0s));
    EXPECT_DOUBLE_EQ(*meter.sample(500, 250, 1s), 200.0);
}

TEST(CpuMeter, keeps_the_last_answer_over_windows_too_short_to_tell) {
    cpu_meter meter;
    static_cast<void>(meter.sample(0, 100, 0s));
    static_cast<void>(meter.sample(100, 100, 2s));
    EXPECT_DOUBLE_EQ(*meter.sample(110, 100, 2s + 100ms), 50.0);
    EXPECT_DOUBLE_EQ(*meter.sample(200, 100, 3s), 100.0);
}

TEST(CpuMeter, never_falls_below_zero) {
    cpu_meter meter;
    static_cast<void>(meter.sample(10, 100, 0s));
    EXPECT_DOUBLE_EQ(*meter.sample(9, 100, 1s), 0.0);
}

}  // namespace
}  // namespace sonde::process
