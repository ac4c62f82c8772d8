// SPDX-License-Identifier: Apache-2.0
#include "bpf/support/capability_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sonde::bpf {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(CapabilityReport, names_what_an_ordinary_process_lacks) {
    EXPECT_THAT(missing_capabilities("Name:\tx\nCapEff:\t0000000000000000\n"),
                ElementsAre("CAP_BPF", "CAP_PERFMON", "CAP_NET_ADMIN"));
}

TEST(CapabilityReport, the_administrators_capability_covers_the_newer_ones) {
    EXPECT_THAT(missing_capabilities("CapEff:\t0000000000201000\n"), IsEmpty());
    EXPECT_THAT(missing_capabilities("CapEff:\t0000000000200000\n"), ElementsAre("CAP_NET_ADMIN"));
}

TEST(CapabilityReport, the_newer_ones_suffice) {
    EXPECT_THAT(missing_capabilities("CapEff:\t000000c000001000\n"), IsEmpty());
}

TEST(CapabilityReport, reads_the_chosen_lockdown) {
    EXPECT_EQ(chosen_lockdown("none [integrity] confidentiality\n"), "integrity");
    EXPECT_EQ(chosen_lockdown(""), "unknown");
    EXPECT_EQ(chosen_lockdown("] ["), "unknown");
}

TEST(CapabilityReport, knows_the_running_kernel) {
    const auto machine = look_around("/some/file.btf");
    EXPECT_FALSE(machine.kernel.empty());
    EXPECT_EQ(machine.btf, "/some/file.btf");
    EXPECT_FALSE(machine.memory_lock.empty());
}

}  // namespace
}  // namespace sonde::bpf
