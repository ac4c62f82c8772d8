// SPDX-License-Identifier: Apache-2.0
#include "ebpf/connection/large_memory.hpp"

#include <limits>
#include <numeric>

#include <gtest/gtest.h>

namespace sonde::ebpf::connection {
namespace {

TEST(LargeMemory, content_survives_the_growth_from_the_heap_to_pages) {
    large_vector<std::size_t> many;
    for (std::size_t i = 0; i < 4 * most_kept_bytes / sizeof i; ++i) {
        many.push_back(i);
    }
    EXPECT_EQ(std::accumulate(many.begin(), many.end(), std::size_t{0}), many.size() * (many.size() - 1) / 2);
}

TEST(LargeMemory, release_keeps_little_and_gives_much_back) {
    large_vector<char> little(most_kept_bytes);
    large_vector<char> much(most_kept_bytes + 1);
    release_large(little);
    release_large(much);
    EXPECT_TRUE(little.empty());
    EXPECT_EQ(little.capacity(), most_kept_bytes);
    EXPECT_EQ(much.capacity(), 0u);
}

TEST(LargeMemory, what_cannot_be_had_is_an_exception) {
    large_allocator<std::size_t> from;
    EXPECT_THROW(static_cast<void>(from.allocate(std::numeric_limits<std::size_t>::max() / 2)), std::bad_alloc);
    EXPECT_THROW(static_cast<void>(from.allocate(std::size_t{1} << 58)), std::bad_alloc);
}

}  // namespace
}  // namespace sonde::ebpf::connection
