// SPDX-License-Identifier: Apache-2.0
#include "ebpf/calls/connects.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <gtest/gtest.h>

#include <sonde_bpf/connect.h>

#include "sample.hpp"
#include "sonde/v1/kernel_event.pb.h"

namespace sonde::ebpf::calls {
namespace {

sonde_connect sample() {
    sonde_connect made{};
    made.caller = sample_caller();
    made.cookie = 99;
    made.address[0] = 10;
    made.address[3] = 9;
    made.port = 8001;
    made.family = AF_INET;
    made.protocol = IPPROTO_TCP;
    return made;
}

TEST(Connects, a_call_becomes_an_event_of_its_process) {
    call_desk desk(connects());
    const sonde_connect call = sample();
    ASSERT_TRUE(desk.hand_in(&call, sizeof call));
    const auto told = desk.told();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].content_type, "sonde.v1.ConnectCall");
    EXPECT_EQ(told[0].pid, 4321u);
    EXPECT_EQ(told[0].cgroup_id, 77u);
    EXPECT_EQ(told[0].network_namespace, 4026531840u);
    const auto event = payload_of<v1::ConnectCall>(told[0]);
    EXPECT_EQ(event.socket_cookie(), 99u);
    EXPECT_EQ(event.peer_address(), std::string("\x0a\0\0\x09", 4));
    EXPECT_EQ(event.peer_port(), 8001u);
    EXPECT_EQ(event.transport(), v1::TRANSPORT_TCP);
    EXPECT_EQ(event.type(), v1::NETWORK_TYPE_IPV4);
    EXPECT_EQ(event.error_code(), 0u);
    EXPECT_EQ(event.tid(), 4322u);
    EXPECT_EQ(event.name(), "worker/1");
}

TEST(Connects, a_refused_call_of_udp_over_ipv6_says_why) {
    call_desk desk(connects());
    sonde_connect call = sample();
    call.family = AF_INET6;
    call.protocol = IPPROTO_UDP;
    call.address[15] = 1;
    call.error = ENETUNREACH;
    ASSERT_TRUE(desk.hand_in(&call, sizeof call));
    const auto event = payload_of<v1::ConnectCall>(desk.told().at(0));
    EXPECT_EQ(event.peer_address().size(), 16u);
    EXPECT_EQ(event.transport(), v1::TRANSPORT_UDP);
    EXPECT_EQ(event.type(), v1::NETWORK_TYPE_IPV6);
    EXPECT_EQ(event.error_code(), static_cast<std::uint32_t>(ENETUNREACH));
}

TEST(Connects, what_is_short_or_of_no_such_family_or_protocol_is_no_call) {
    call_desk desk(connects());
    sonde_connect call = sample();
    EXPECT_FALSE(desk.hand_in(&call, sizeof call - 1));
    call.family = AF_UNIX;
    EXPECT_FALSE(desk.hand_in(&call, sizeof call));
    call = sample();
    call.protocol = IPPROTO_ICMP;
    EXPECT_FALSE(desk.hand_in(&call, sizeof call));
    EXPECT_TRUE(desk.told().empty());
}

}  // namespace
}  // namespace sonde::ebpf::calls
