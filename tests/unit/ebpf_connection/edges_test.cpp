// SPDX-License-Identifier: Apache-2.0
#include "ebpf/connection/edges.hpp"

#include "ebpf/connection/tracker.hpp"
#include "samples.hpp"

namespace sonde::ebpf::connection {
namespace {

sonde_connection end_in(sonde_connection raw, std::uint32_t pod, std::uint8_t way, std::uint64_t sent,
                        std::uint64_t got) {
    raw.network_namespace = pod;
    raw.pid = pod;
    raw.direction = way;
    raw.sent_bytes = sent;
    raw.received_bytes = got;
    return raw;
}

TEST(Edges, a_chain_of_three_pods_has_two) {
    tracker of{tracker_settings{}};
    for (std::uint16_t i = 0; i < 3; ++i) {
        const auto port = static_cast<std::uint16_t>(40000 + i);
        const std::uint64_t cookie = 10u * i;
        of.take(bytes_of(
            end_in(raw_tcp(cookie + 1, "10.0.0.1", port, "10.0.0.2", 80), 1, SONDE_DIRECTION_OUTGOING, 10, 20)));
        of.take(bytes_of(
            end_in(raw_tcp(cookie + 2, "10.0.0.2", 80, "10.0.0.1", port), 2, SONDE_DIRECTION_INCOMING, 20, 10)));
        of.take(
            bytes_of(end_in(raw_tcp(cookie + 3, "10.0.0.2", port, "10.0.0.3", 80), 2, SONDE_DIRECTION_OUTGOING, 1, 2)));
        of.take(
            bytes_of(end_in(raw_tcp(cookie + 4, "10.0.0.3", 80, "10.0.0.2", port), 3, SONDE_DIRECTION_INCOMING, 2, 1)));
    }
    const auto found = edges(of.poll("a", 3 * second));
    ASSERT_EQ(found.size(), 2u);
    for (const edge& one : found) {
        const bool is_first = one.client->pid == 1;
        EXPECT_EQ(one.server->pid, is_first ? 2u : 3u);
        EXPECT_EQ(one.connections, 3u);
        EXPECT_EQ(one.observations, 2u);
        EXPECT_EQ(one.traffic.sent_bytes, is_first ? 30u : 3u);
        EXPECT_EQ(one.traffic.received_bytes, is_first ? 60u : 6u);
        EXPECT_EQ(one.server_end.port, 80u);
    }
}

TEST(Edges, what_only_the_server_saw_is_counted_from_the_clients_side) {
    tracker of{tracker_settings{}};
    of.take(bytes_of(end_in(raw_tcp(1, "10.0.0.1", 80, "192.0.2.1", 50000), 1, SONDE_DIRECTION_INCOMING, 7, 3)));
    const auto found = edges(of.poll("a", 3 * second));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].client, nullptr);
    EXPECT_EQ(found[0].server->pid, 1u);
    EXPECT_EQ(found[0].client_ip, ip_of("192.0.2.1"));
    EXPECT_EQ(found[0].traffic.sent_bytes, 3u);
    EXPECT_EQ(found[0].observations, 1u);
}

}  // namespace
}  // namespace sonde::ebpf::connection
