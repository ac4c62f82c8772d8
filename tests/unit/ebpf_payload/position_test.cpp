// SPDX-License-Identifier: Apache-2.0
#include "ebpf/payload/position.hpp"

#include <gtest/gtest.h>

namespace sonde::ebpf::payload {
namespace {

void expect(position& of, std::uint32_t sequence, std::uint32_t size, std::uint32_t gap, std::uint32_t overlap) {
    const auto step = of.advance(sequence, size);
    EXPECT_EQ(step.gap, gap);
    EXPECT_EQ(step.overlap, overlap);
}

TEST(Position, begins_anywhere_and_tells_gaps_and_repetitions) {
    position of;
    expect(of, 1000, 10, 0, 0);
    expect(of, 1010, 10, 0, 0);
    expect(of, 1010, 10, 0, 10);
    expect(of, 1005, 20, 0, 15);
    expect(of, 1030, 10, 5, 0);
    expect(of, 1025, 5, 0, 5);
    expect(of, 1040, 1, 0, 0);
}

TEST(Position, goes_on_when_sequence_numbers_wrap) {
    position of;
    expect(of, 0xfffffff0, 0x10, 0, 0);
    expect(of, 0, 10, 0, 0);
    expect(of, 0xfffffff8, 8, 0, 8);
    expect(of, 0xfffffff8, 28, 0, 18);
    expect(of, 30, 1, 10, 0);
}

}  // namespace
}  // namespace sonde::ebpf::payload
