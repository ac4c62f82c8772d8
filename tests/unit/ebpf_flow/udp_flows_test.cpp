// SPDX-License-Identifier: Apache-2.0
#include "ebpf/flow/udp_flows.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace sonde::ebpf::flow {
namespace {

TEST(UdpFlows, a_flow_is_a_connection_of_its_socket_with_one_peer) {
    sonde_udp_key key{};
    key.cookie = 12;
    key.remote_address[0] = 8;
    key.remote_port = 53;
    key.local_port = 40000;
    key.family = AF_INET;
    sonde_udp_flow flow{};
    flow.first = 100;
    flow.last = 200;
    flow.sent_bytes = 30;
    flow.received_packets = 2;
    flow.local_address[0] = 10;
    flow.pid = 77;
    flow.comm[0] = 'd';
    flow.direction = SONDE_DIRECTION_OUTGOING;
    const sonde_connection made = as_connection(key, flow);
    const auto* bytes = reinterpret_cast<const std::byte*>(&made);
    const auto record = connection::read_record({bytes, sizeof made});
    ASSERT_TRUE(record);
    EXPECT_EQ(record->who.cookie, 12u);
    EXPECT_EQ(record->who.key.protocol, connection::transport::udp);
    EXPECT_EQ(record->who.key.local.ip[0], 10);
    EXPECT_EQ(record->who.key.remote.port, 53);
    EXPECT_EQ(record->total.sent_bytes, 30u);
    EXPECT_EQ(record->total.received_packets, 2u);
    EXPECT_EQ(record->created, 100u);
    EXPECT_EQ(record->updated, 200u);
    EXPECT_EQ(record->pid, 77u);
    EXPECT_EQ(record->process_name(), "d");
    EXPECT_FALSE(record->is_closed);
}

}  // namespace
}  // namespace sonde::ebpf::flow
