// SPDX-License-Identifier: Apache-2.0
#include "bus/slab.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "support/clock.hpp"

namespace sonde::bus {
namespace {

TEST(Slab, refuses_beyond_its_budget_and_serves_again_after_a_return) {
    const auto memory = std::make_shared<slab>(1000, 2500);
    chunk* first = memory->take(10);
    chunk* second = memory->take(1000);
    ASSERT_NE(first, nullptr);
    ASSERT_NE(second, nullptr);
    EXPECT_EQ(memory->outstanding(), 2000u);
    EXPECT_EQ(memory->take(1), nullptr);
    slab::give_back(first);
    chunk* third = memory->take(1);
    EXPECT_EQ(third, first) << "an idle chunk is used again";
    slab::give_back(second);
    slab::give_back(third);
    EXPECT_EQ(memory->outstanding(), 0u);
}

TEST(Slab, makes_large_chunks_to_measure_and_does_not_keep_them) {
    const auto memory = std::make_shared<slab>(1000, 100'000);
    chunk* large = memory->take(50'000);
    ASSERT_NE(large, nullptr);
    EXPECT_EQ(large->capacity, 50'000u);
    slab::give_back(large);
    EXPECT_EQ(memory->outstanding(), 0u);
}

TEST(Slab, outlives_its_owner_until_the_last_chunk_is_back) {
    auto memory = std::make_shared<slab>(1000, 2000);
    const std::weak_ptr<slab> watch = memory;
    chunk* out = memory->take(1);
    memory.reset();
    EXPECT_FALSE(watch.expired());
    slab::give_back(out);
    EXPECT_TRUE(watch.expired());
}

TEST(Slab, wakes_a_waiting_writer_when_a_chunk_comes_back) {
    const auto memory = std::make_shared<slab>(1000, 1000);
    chunk* only = memory->take(1);
    const std::uint64_t seen = memory->returned();
    std::thread reader([&] { slab::give_back(only); });
    memory->wait_for_return(seen, support::monotonic_now() + 10'000'000'000);
    reader.join();
    EXPECT_EQ(memory->returned(), seen + 1);
    EXPECT_EQ(memory->outstanding(), 0u);
}

}  // namespace
}  // namespace sonde::bus
