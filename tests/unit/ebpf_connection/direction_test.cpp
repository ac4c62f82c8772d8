// SPDX-License-Identifier: Apache-2.0
#include "ebpf/connection/direction.hpp"

#include "samples.hpp"

namespace sonde::ebpf::connection {
namespace {

row untold(std::uint16_t local_port, std::uint32_t network_namespace = 1) {
    sonde_connection raw = raw_tcp(1, "10.0.0.1", local_port, "10.0.0.2", 40000);
    raw.direction = SONDE_DIRECTION_UNKNOWN;
    raw.network_namespace = network_namespace;
    return row_of(1, raw);
}

TEST(Direction, a_port_that_is_listened_on_makes_a_server_though_the_agent_came_late) {
    port_bindings bindings;
    bindings.add(1, 80, transport::tcp);
    EXPECT_EQ(decide_direction(untold(80), bindings), direction::incoming);
    EXPECT_EQ(decide_direction(untold(81), bindings), direction::outgoing);
    EXPECT_EQ(role_of(direction::incoming), role::server);
    EXPECT_EQ(role_of(direction::outgoing), role::client);
}

TEST(Direction, a_listener_in_another_namespace_or_protocol_says_nothing) {
    port_bindings bindings;
    bindings.add(2, 80, transport::tcp);
    bindings.add(1, 80, transport::udp);
    EXPECT_EQ(decide_direction(untold(80, 1), bindings), direction::outgoing);
    EXPECT_EQ(decide_direction(untold(80, 2), bindings), direction::incoming);
}

TEST(Direction, what_the_kernel_saw_needs_no_listener) {
    port_bindings bindings;
    bindings.add(1, 80, transport::tcp);
    row told = untold(80);
    told.way = direction::outgoing;
    told.is_way_told = true;
    EXPECT_EQ(decide_direction(told, bindings), direction::outgoing);
}

TEST(PortBindings, a_port_is_bound_until_its_last_socket_is_gone) {
    port_bindings bindings;
    bindings.add(1, 80, transport::tcp);
    bindings.add(1, 80, transport::tcp);
    bindings.remove(1, 80, transport::tcp);
    EXPECT_TRUE(bindings.contains(1, 80, transport::tcp));
    bindings.remove(1, 80, transport::tcp);
    EXPECT_FALSE(bindings.contains(1, 80, transport::tcp));
    bindings.remove(1, 80, transport::tcp);
    EXPECT_EQ(bindings.size(), 0u);
}

TEST(PortBindings, count_what_finds_no_room) {
    port_bindings bindings(2);
    for (std::uint16_t port = 1; port <= 5; ++port) {
        bindings.add(1, port, transport::tcp);
    }
    EXPECT_EQ(bindings.size(), 2u);
    EXPECT_EQ(bindings.overflow(), 3u);
}

TEST(PortRange, is_read_or_refused) {
    const auto range = parse_port_range("32768\t60999\n");
    ASSERT_TRUE(range);
    EXPECT_EQ(range->first, 32768u);
    EXPECT_TRUE(range->contains(60999));
    EXPECT_FALSE(range->contains(61000));
    for (const char* bad : {"", "5", "9 5", "0 5", "1 70000", "x y"}) {
        EXPECT_FALSE(parse_port_range(bad)) << bad;
    }
}

}  // namespace
}  // namespace sonde::ebpf::connection
