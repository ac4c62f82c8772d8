// SPDX-License-Identifier: Apache-2.0
#include "bpf/support/map_usage.hpp"

#include <gtest/gtest.h>

#include <bpf/bpf.h>

#include "bpf/support/descriptor.hpp"

namespace sonde::bpf {
namespace {

TEST(MapUsage, memory_is_found_in_what_proc_tells_of_the_descriptor) {
    EXPECT_EQ(memory_of("pos:\t0\nmap_type:\t1\nmemlock:\t4096\nmap_id:\t7\n"), 4096u);
    EXPECT_EQ(memory_of("pos:\t0\n"), 0u);
    EXPECT_EQ(memory_of("memlock:\tmuch\n"), 0u);
    EXPECT_EQ(memory_of(""), 0u);
}

TEST(MapUsage, of_what_is_no_map_there_is_none) {
    EXPECT_FALSE(usage_of_map("none", -1));
    EXPECT_FALSE(usage_of_map("standard_input", 0));
}

class LiveMapTest : public ::testing::Test {
protected:
    static constexpr std::uint32_t capacity = 3000;

    void SetUp() override {
        map = descriptor(::bpf_map_create(BPF_MAP_TYPE_HASH, "sonde_test", 4, 8, capacity, nullptr));
        if (!map) {
            GTEST_SKIP() << "maps cannot be made here";
        }
    }
    void fill(std::uint32_t entries) {
        const std::uint64_t value = 1;
        for (std::uint32_t key = 0; key < entries; ++key) {
            ASSERT_EQ(::bpf_map_update_elem(map.number(), &key, &value, BPF_ANY), 0);
        }
    }

    descriptor map;
};

TEST_F(LiveMapTest, a_map_tells_what_it_is) {
    const auto usage = usage_of_map("mine", map.number());
    ASSERT_TRUE(usage);
    EXPECT_EQ(usage->map, "mine");
    EXPECT_EQ(usage->kind, "hash");
    EXPECT_EQ(usage->capacity, capacity);
    EXPECT_GT(usage->memory, 0u);
    EXPECT_TRUE(usage->is_countable);
}

TEST_F(LiveMapTest, entries_are_counted_in_pieces) {
    fill(2500);
    entry_count counting(*usage_of_map("mine", map.number()));
    int pieces = 1;
    for (; pieces < 100; ++pieces) {
        const auto counted = counting.go_on(600);
        ASSERT_TRUE(counted) << counted.error().message();
        if (*counted) {
            EXPECT_EQ(**counted, 2500u);
            break;
        }
    }
    EXPECT_GT(pieces, 2);
    EXPECT_LT(pieces, 100);
}

TEST_F(LiveMapTest, a_map_without_entries_has_none) {
    entry_count counting(*usage_of_map("mine", map.number()));
    const auto counted = counting.go_on(1);
    ASSERT_TRUE(counted && *counted);
    EXPECT_EQ(**counted, 0u);
}

}  // namespace
}  // namespace sonde::bpf
