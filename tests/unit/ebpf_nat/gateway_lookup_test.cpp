// SPDX-License-Identifier: Apache-2.0
// Routes of real network namespaces.
#include "ebpf/nat/gateway_lookup.hpp"

#include "flows.hpp"
#include "namespaces.hpp"

namespace sonde::ebpf::nat {
namespace {

constexpr std::uint64_t second = 1'000'000'000;

class GatewayLookup : public ::testing::Test {
protected:
    void SetUp() override {
        if (!world_.missing().empty()) {
            GTEST_SKIP() << world_.missing();
        }
        ASSERT_EQ(namespaces::run("ip -n " + world_.client() + " route add 10.96.0.0/16 via 10.77.0.2"), 0);
        inode_ = namespaces::inode(world_.client());
    }
    auto find(const std::string& ip, std::uint64_t now = second) {
        return lookup_.find(inode_, end_of(ip, 0).ip, connection::ip_family::ipv4, now);
    }

    namespaces world_;
    std::uint32_t inode_ = 0;
    gateway_lookup lookup_{
        [this](std::uint32_t inode) { return inode == inode_ ? namespaces::open(world_.client()) : -1; },
        {.max_answers = 4}};
};

TEST_F(GatewayLookup, a_router_is_named_and_a_neighbour_has_none) {
    const auto routed = find("10.96.0.78");
    ASSERT_TRUE(routed);
    EXPECT_EQ(routed->ip, end_of("10.77.0.2", 0).ip);
    EXPECT_GT(routed->interface_index, 0u);
    EXPECT_FALSE(find("10.77.0.2"));
    EXPECT_EQ(lookup_.stats().unanswered, 0u);
}

TEST_F(GatewayLookup, answers_are_kept_for_a_minute_the_negative_too) {
    EXPECT_FALSE(find("192.0.2.1"));
    EXPECT_EQ(lookup_.stats().unanswered, 1u) << "no route there";
    ASSERT_EQ(namespaces::run("ip -n " + world_.client() + " route add 192.0.2.0/24 via 10.77.0.2"), 0);
    EXPECT_FALSE(find("192.0.2.1", 60 * second));
    EXPECT_EQ(lookup_.stats().asked, 1u);
    EXPECT_TRUE(find("192.0.2.1", 61 * second));
    EXPECT_TRUE(find("192.0.2.1", 120 * second));
    EXPECT_EQ(lookup_.stats().asked, 2u);
}

TEST_F(GatewayLookup, loopback_and_unknown_namespaces_ask_nobody_twice) {
    EXPECT_FALSE(find("127.0.0.1"));
    EXPECT_EQ(lookup_.stats().asked, 0u);
    EXPECT_FALSE(lookup_.find(1, end_of("10.96.0.1", 0).ip, connection::ip_family::ipv4, second));
    EXPECT_FALSE(lookup_.find(1, end_of("10.96.0.1", 0).ip, connection::ip_family::ipv4, second));
    EXPECT_EQ(lookup_.stats().asked, 1u);
}

TEST_F(GatewayLookup, a_full_table_still_answers_and_counts) {
    for (int i = 1; i <= 6; ++i) {
        EXPECT_TRUE(find("10.96.0." + std::to_string(i)));
    }
    EXPECT_EQ(lookup_.stats().no_room, 2u);
    EXPECT_TRUE(find("10.96.0.7", 100 * second));
    EXPECT_EQ(lookup_.stats().no_room, 2u) << "old answers gave way";
}

}  // namespace
}  // namespace sonde::ebpf::nat
