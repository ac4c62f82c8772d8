// SPDX-License-Identifier: Apache-2.0
#include "ebpf/dns/name_pool.hpp"

#include <gtest/gtest.h>

namespace sonde::ebpf::dns {
namespace {

TEST(NamePool, keeps_a_name_once_while_it_is_held) {
    name_pool pool(2);
    const auto first = pool.hold("a.test");
    ASSERT_TRUE(first);
    EXPECT_EQ(pool.hold("a.test"), first);
    EXPECT_EQ(pool.size(), 1u);
    pool.release(*first);
    EXPECT_EQ(pool.text(*first), "a.test");
    pool.hold(*first);
    pool.release(*first);
    pool.release(*first);
    EXPECT_EQ(pool.size(), 0u);
}

TEST(NamePool, has_no_room_beyond_its_limit_until_one_is_given_up) {
    name_pool pool(2);
    const auto first = pool.hold("a");
    const auto second = pool.hold("b");
    ASSERT_TRUE(first && second);
    EXPECT_FALSE(pool.hold("c"));
    EXPECT_EQ(pool.hold("b"), second);
    pool.release(*first);
    const auto third = pool.hold("c");
    ASSERT_TRUE(third);
    EXPECT_EQ(pool.text(*third), "c");
    EXPECT_EQ(pool.text(*second), "b");
}

}  // namespace
}  // namespace sonde::ebpf::dns
