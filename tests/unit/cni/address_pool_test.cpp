// SPDX-License-Identifier: Apache-2.0
#include "cni/address_pool.hpp"

#include <gtest/gtest.h>

namespace sonde::cni {
namespace {

std::uint64_t size_of(const address_range& range) {
    const auto pool = address_pool::of(range);
    return pool ? pool->size() : 0;
}

TEST(CniAddressPool, has_what_host_local_gives_out) {
    EXPECT_EQ(size_of({"10.1.2.0/24", "", "", ""}), 253U);          // without network, broadcast and gateway
    EXPECT_EQ(size_of({"10.1.2.0/24", "", "", "10.1.3.1"}), 254U);  // the gateway is elsewhere
    EXPECT_EQ(size_of({"10.1.2.0/24", "10.1.2.10", "10.1.2.19", ""}), 10U);
    EXPECT_EQ(size_of({"10.1.2.0/30", "", "", ""}), 1U);
    EXPECT_EQ(size_of({"fd00::/120", "", "", ""}), 254U);
    EXPECT_EQ(size_of({"fd00::/48", "", "", ""}), ~0ULL);
    EXPECT_EQ(size_of({"::/0", "", "", ""}), ~0ULL);
}

TEST(CniAddressPool, is_none_without_a_subnet_that_can_be_understood) {
    for (const char* const text : {"", "10.1.2.0", "10.1.2.0/", "10.1.2.0/x", "10.1.2.0/33", "10.1.2.0/31", "x/24"}) {
        EXPECT_FALSE(address_pool::of({text, "", "", ""})) << text;
    }
    EXPECT_FALSE(address_pool::of({"10.1.2.0/24", "10.1.2.9", "10.1.2.8", ""}));
}

TEST(CniAddressPool, holds_its_addresses_and_no_others) {
    const auto pool = address_pool::of({"10.1.2.0/24", "", "", ""});
    ASSERT_TRUE(pool);
    EXPECT_TRUE(pool->holds(*read_address("10.1.2.2")));
    EXPECT_TRUE(pool->holds(*read_address("10.1.2.254")));
    for (const char* const text : {"10.1.2.1", "10.1.2.0", "10.1.2.255", "10.1.3.2", "::a01:202"}) {
        EXPECT_FALSE(pool->holds(*read_address(text))) << text;
    }
    EXPECT_FALSE(read_address("last_reserved_ip.0"));
}

}  // namespace
}  // namespace sonde::cni
