// SPDX-License-Identifier: Apache-2.0
#include "ebpf/nat/route_message.hpp"

#include <cstring>
#include <random>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "flows.hpp"

namespace sonde::ebpf::nat {
namespace {

struct route_bytes {
    alignas(8) std::array<std::byte, 256> room{};
    nlmsghdr* message = nullptr;

    explicit route_bytes(std::uint16_t type = RTM_NEWROUTE) {
        message = mnl_nlmsg_put_header(room.data());
        message->nlmsg_type = type;
        message->nlmsg_seq = 7;
        auto* const body = static_cast<rtmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(rtmsg)));
        body->rtm_family = AF_INET;
        mnl_attr_put_u32(message, RTA_OIF, 3);
    }
    [[nodiscard]] std::span<const std::byte> view() const { return std::span(room).first(message->nlmsg_len); }
};

TEST(RouteMessage, a_route_through_a_router_names_it) {
    route_bytes bytes;
    mnl_attr_put(bytes.message, RTA_GATEWAY, 4, end_of("10.0.0.254", 0).ip.data());
    const auto told = read_route(bytes.view(), 7);
    ASSERT_TRUE(told.next);
    EXPECT_EQ(told.next->ip, end_of("10.0.0.254", 0).ip);
    EXPECT_EQ(told.next->interface_index, 3u);
}

TEST(RouteMessage, a_router_of_the_other_family_is_read) {
    route_bytes bytes;
    std::array<std::uint8_t, 18> via{};
    const std::uint16_t family = AF_INET6;
    std::memcpy(via.data(), &family, sizeof family);
    std::memcpy(via.data() + 2, end_of("fe80::1", 0).ip.data(), 16);
    mnl_attr_put(bytes.message, RTA_VIA, via.size(), via.data());
    const auto told = read_route(bytes.view(), 7);
    ASSERT_TRUE(told.next);
    EXPECT_EQ(told.next->family, connection::ip_family::ipv6);
    EXPECT_EQ(told.next->ip, end_of("fe80::1", 0).ip);
}

TEST(RouteMessage, a_neighbour_has_no_router) {
    const route_bytes bytes;
    const auto told = read_route(bytes.view(), 7);
    EXPECT_TRUE(told.is_route);
    EXPECT_FALSE(told.next);
}

TEST(RouteMessage, an_answer_to_another_question_is_not_ours) {
    const route_bytes bytes;
    EXPECT_FALSE(read_route(bytes.view(), 8).is_ours);
    EXPECT_FALSE(read_route({}, 7).is_ours);
    EXPECT_FALSE(read_route(route_bytes(NLMSG_ERROR).view(), 7).is_route);
}

TEST(RouteMessage, damage_does_no_harm) {
    std::mt19937 dice(1);
    for (int trial = 0; trial < 5000; ++trial) {
        route_bytes bytes;
        mnl_attr_put(bytes.message, RTA_GATEWAY, 4, end_of("10.0.0.254", 0).ip.data());
        const std::size_t size = bytes.message->nlmsg_len;
        for (int damage = 0; damage < 3; ++damage) {
            bytes.room[dice() % size] = static_cast<std::byte>(dice());
        }
        const auto told = read_route(std::span<const std::byte>(bytes.room).first(dice() % (size + 1)), 7);
        EXPECT_LE(told.next.has_value(), told.is_route);
    }
}

TEST(RouteMessage, a_request_names_the_address) {
    const auto request = ask_route(end_of("fd00::1", 0).ip, connection::ip_family::ipv6, 7);
    const auto* const header = reinterpret_cast<const nlmsghdr*>(request.bytes.data());
    EXPECT_EQ(header->nlmsg_type, RTM_GETROUTE);
    EXPECT_EQ(header->nlmsg_len, request.size);
    EXPECT_EQ(request.size, sizeof(nlmsghdr) + sizeof(rtmsg) + sizeof(nlattr) + 16);
}

}  // namespace
}  // namespace sonde::ebpf::nat
