// SPDX-License-Identifier: Apache-2.0
#include "ebpf/dns/flat_table.hpp"

#include <map>

#include <gtest/gtest.h>

namespace sonde::ebpf::dns {
namespace {

struct pair {
    std::uint32_t key = 0;
    int value = 0;
};

// Few different hashes, so that runs are long and wrap around the end.
std::uint64_t crowded(std::uint32_t key) { return key % 7 == 0 ? ~std::uint64_t{0} - key % 3 : key % 5; }

TEST(FlatTable, does_what_a_map_does) {
    constexpr std::size_t limit = 200;
    flat_table<pair> table(limit);
    std::map<std::uint32_t, int> expected;
    std::mt19937 random(3);
    for (int round = 0; round < 20'000; ++round) {
        const auto key = static_cast<std::uint32_t>(random() % 300);
        pair* found = table.find(crowded(key), [&](const pair& each) { return each.key == key; });
        ASSERT_EQ(found != nullptr, expected.contains(key));
        if (found == nullptr) {
            const bool has_room = expected.size() < limit;
            ASSERT_EQ(table.insert(crowded(key), {key, round}) != nullptr, has_room);
            if (has_room) {
                expected[key] = round;
            }
        } else {
            ASSERT_EQ(found->value, expected[key]);
            if (random() % 2 == 0) {
                table.erase(found);
                expected.erase(key);
            }
        }
        if (round % 1000 == 999) {
            table.erase_if([](const pair& each) { return each.key % 4 == 0; });
            std::erase_if(expected, [](const auto& each) { return each.first % 4 == 0; });
        }
        ASSERT_EQ(table.size(), expected.size());
    }
    std::size_t seen = 0;
    table.for_each([&](const pair& each) {
        ++seen;
        EXPECT_EQ(expected.at(each.key), each.value);
    });
    EXPECT_EQ(seen, expected.size());
    table.clear();
    EXPECT_EQ(table.size(), 0u);
    EXPECT_EQ(table.find(crowded(1), [](const pair&) { return true; }), nullptr);
}

TEST(FlatTable, hashes_differ_by_seed_length_and_byte) {
    const std::vector<std::uint8_t> zeros(20);
    std::vector<std::uint8_t> one = zeros;
    one.back() = 1;
    const std::span<const std::uint8_t> all(zeros);
    EXPECT_NE(hash_bytes(all, 1), hash_bytes(all, 2));
    EXPECT_NE(hash_bytes(all, 1), hash_bytes(all.first(19), 1));
    EXPECT_NE(hash_bytes(all, 1), hash_bytes(one, 1));
    EXPECT_NE(flat_table<pair>(1).seed(), flat_table<pair>(1).seed());
}

}  // namespace
}  // namespace sonde::ebpf::dns
