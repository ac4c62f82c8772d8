// SPDX-License-Identifier: Apache-2.0
#include "ebpf/nat/rate_gate.hpp"

#include <gtest/gtest.h>

namespace sonde::ebpf::nat {
namespace {

constexpr std::uint64_t second = 1'000'000'000;

int offer(rate_gate& gate, int count, std::uint64_t now) {
    int passed = 0;
    for (int i = 0; i < count; ++i) {
        passed += gate.admit(now) ? 1 : 0;
    }
    return passed;
}

TEST(RateGate, what_keeps_to_the_rate_passes) {
    rate_gate gate(500);
    for (std::uint64_t interval = 0; interval < 5; ++interval) {
        EXPECT_EQ(offer(gate, 1500, interval * 3 * second), 1500);
    }
    EXPECT_EQ(gate.refused(), 0u);
}

TEST(RateGate, beyond_the_budget_nothing_passes_and_all_is_counted) {
    rate_gate gate(500);
    EXPECT_EQ(offer(gate, 5000, 7 * second), 1500);
    EXPECT_EQ(gate.refused(), 3500u);
}

TEST(RateGate, the_next_interval_takes_an_even_sample) {
    rate_gate gate(500);
    offer(gate, 6000, 0);
    EXPECT_EQ(offer(gate, 1, 3 * second), 0);
    EXPECT_EQ(gate.sampling(), 25u);
    EXPECT_EQ(offer(gate, 3999, 3 * second), 1000) << "one in four";
}

TEST(RateGate, sampling_ends_with_the_load) {
    rate_gate gate(500);
    offer(gate, 6000, 0);
    offer(gate, 100, 3 * second);
    EXPECT_EQ(offer(gate, 100, 6 * second), 100);
    EXPECT_EQ(gate.sampling(), 100u);
    offer(gate, 6000, 9 * second);
    EXPECT_EQ(offer(gate, 10, 60 * second), 10) << "long ago";
}

}  // namespace
}  // namespace sonde::ebpf::nat
