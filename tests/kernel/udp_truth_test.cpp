// SPDX-License-Identifier: Apache-2.0
// What the tracker says of UDP is what happened, per peer of a socket.
#include <algorithm>

#include <unistd.h>

#include "observer.hpp"
#include "traffic.hpp"

namespace sonde::ebpf::test {
namespace {

using connection::direction;

class Udp : public ::testing::Test {
protected:
    void SetUp() override {
        if (!it_.is_ready()) {
            GTEST_SKIP() << "kernel programs cannot be loaded here: " << it_.reason();
        }
        if (const auto* sent = it_.programs().outcome(flow::udp_sent_hook); sent->program.empty()) {
            GTEST_SKIP() << "UDP cannot be counted here: " << sent->refused.front().reason;
        }
    }
    observer it_;
};

TEST_F(Udp, counts_bytes_and_packets_of_both_ends_per_peer) {
    const socket_fd server = datagram_socket("127.0.0.1");
    const socket_fd client = datagram_socket("127.0.0.1");
    const std::uint16_t port = port_of(server.fd());
    for (std::size_t size = 1; size <= 50; ++size) {
        ASSERT_TRUE(send_to(client.fd(), "127.0.0.1", port, size));
        ASSERT_TRUE(server.read(size));
    }
    ASSERT_TRUE(send_to(server.fd(), "127.0.0.1", port_of(client.fd()), 333));
    ASSERT_TRUE(client.read(333));
    const auto all = it_.with_port(port);
    ASSERT_EQ(all.size(), 2u);
    for (const seen& each : all) {
        const bool is_client = each.of.who.key.remote.port == port;
        EXPECT_EQ(each.way, is_client ? direction::outgoing : direction::incoming);
        EXPECT_EQ(is_client ? each.total.sent_bytes : each.total.received_bytes, 50u * 51 / 2);
        EXPECT_EQ(is_client ? each.total.sent_packets : each.total.received_packets, 50u);
        EXPECT_EQ(is_client ? each.total.received_bytes : each.total.sent_bytes, 333u);
        EXPECT_EQ(each.of.pid, static_cast<std::uint32_t>(::getpid()));
        EXPECT_NE(each.of.who.key.network_namespace, 0u);
    }
}

TEST_F(Udp, a_server_has_one_flow_per_client) {
    const socket_fd server = datagram_socket("::1");
    const std::uint16_t port = port_of(server.fd());
    std::vector<socket_fd> clients;
    for (std::size_t i = 0; i < 20; ++i) {
        clients.push_back(datagram_socket("::1"));
        ASSERT_TRUE(send_to(clients.back().fd(), "::1", port, 10 + i));
        ASSERT_TRUE(server.read(10 + i));
    }
    const auto all = it_.with_port(port);
    EXPECT_EQ(std::ranges::count(all, direction::incoming, &seen::way), 20);
    EXPECT_EQ(std::ranges::count(all, direction::outgoing, &seen::way), 20);
}

}  // namespace
}  // namespace sonde::ebpf::test
