// SPDX-License-Identifier: Apache-2.0
#include "cni/netlink_message.hpp"

#include <cstring>
#include <vector>

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <gtest/gtest.h>

namespace sonde::cni {
namespace {

class message {
public:
    template <class Body>
    message(std::uint16_t type, const Body& body) : bytes_(NLMSG_LENGTH(sizeof body)) {
        std::memcpy(bytes_.data() + NLMSG_HDRLEN, &body, sizeof body);
        type_ = type;
    }
    message& with(std::uint16_t type, const void* data, std::size_t size) {
        const rtattr header{static_cast<std::uint16_t>(RTA_LENGTH(size)), type};
        bytes_.resize(NLMSG_ALIGN(bytes_.size()));
        const std::size_t at = bytes_.size();
        bytes_.resize(at + RTA_LENGTH(size));
        std::memcpy(bytes_.data() + at, &header, sizeof header);
        std::memcpy(bytes_.data() + at + RTA_LENGTH(0), data, size);
        return *this;
    }
    message& with_address(std::uint16_t type, const char* text) {
        in6_addr address{};
        const bool is_v4 = ::inet_pton(AF_INET, text, &address) == 1;
        if (!is_v4) {
            EXPECT_EQ(::inet_pton(AF_INET6, text, &address), 1);
        }
        return with(type, &address, is_v4 ? 4 : 16);
    }
    net_change read() {
        const nlmsghdr header{static_cast<std::uint32_t>(bytes_.size()), type_, 0, 0, 0};
        std::memcpy(bytes_.data(), &header, sizeof header);
        net_change change;
        read_netlink(bytes_, change);
        return change;
    }
    std::vector<std::uint8_t> bytes_;

private:
    std::uint16_t type_;
};

TEST(CniNetlink, a_link_has_name_state_and_address) {
    ifinfomsg body{};
    body.ifi_index = 7;
    body.ifi_flags = IFF_UP | (1U << 16U);
    const std::uint32_t mtu = 1450;
    message of(RTM_NEWLINK, body);
    of.with(IFLA_IFNAME, "veth1", 6).with(IFLA_MTU, &mtu, sizeof mtu).with(IFLA_ADDRESS, "\x0a\x58\x00\x01\xfe\xff", 6);
    const net_change read = of.read();
    EXPECT_EQ(read.object, net_object::link);
    EXPECT_EQ(read.index, 7U);
    EXPECT_EQ(read.name, "veth1");
    EXPECT_EQ(read.mtu, 1450U);
    EXPECT_EQ(read.mac, "0a:58:00:01:fe:ff");
    EXPECT_TRUE(read.is_up);
    EXPECT_FALSE(read.is_removed);
    body.ifi_flags = IFF_UP;  // no carrier
    EXPECT_FALSE(message(RTM_NEWLINK, body).read().is_up);
    EXPECT_TRUE(message(RTM_DELLINK, body).read().is_removed);
}

TEST(CniNetlink, an_address_has_its_prefix) {
    ifaddrmsg body{};
    body.ifa_family = AF_INET;
    body.ifa_prefixlen = 24;
    body.ifa_index = 3;
    message of(RTM_DELADDR, body);
    of.with_address(IFA_ADDRESS, "10.1.2.9").with_address(IFA_LOCAL, "10.1.2.3");
    const net_change read = of.read();
    EXPECT_EQ(read.object, net_object::address);
    EXPECT_EQ(read.address, "10.1.2.3/24");
    EXPECT_TRUE(read.is_removed);
}

TEST(CniNetlink, a_route_has_destination_gateway_and_link) {
    rtmsg body{};
    body.rtm_family = AF_INET6;
    body.rtm_dst_len = 64;
    body.rtm_table = RT_TABLE_MAIN;
    body.rtm_type = RTN_UNICAST;
    const std::uint32_t index = 9;
    message of(RTM_NEWROUTE, body);
    of.with_address(RTA_DST, "fd00:1::").with_address(RTA_GATEWAY, "fe80::1").with(RTA_OIF, &index, sizeof index);
    const net_change read = of.read();
    EXPECT_EQ(read.object, net_object::route);
    EXPECT_EQ(read.destination, "fd00:1::/64");
    EXPECT_EQ(read.gateway, "fe80::1");
    EXPECT_EQ(read.index, 9U);
    body.rtm_family = AF_INET;
    body.rtm_dst_len = 0;
    EXPECT_EQ(message(RTM_NEWROUTE, body).read().destination, "0.0.0.0/0");
    body.rtm_table = RT_TABLE_LOCAL;
    EXPECT_EQ(message(RTM_NEWROUTE, body).read().object, net_object::none);
}

TEST(CniNetlink, a_message_that_is_cut_short_is_no_change_or_a_smaller_one) {
    ifinfomsg body{};
    body.ifi_index = 7;
    message of(RTM_NEWLINK, body);
    of.with(IFLA_IFNAME, "veth1", 6);
    static_cast<void>(of.read());
    for (std::size_t size = 0; size < of.bytes_.size(); ++size) {
        net_change read;
        const std::vector<std::uint8_t> part(of.bytes_.begin(), of.bytes_.begin() + static_cast<std::ptrdiff_t>(size));
        read_netlink(part, read);
        EXPECT_EQ(read.object, net_object::none) << size;
    }
}

}  // namespace
}  // namespace sonde::cni
