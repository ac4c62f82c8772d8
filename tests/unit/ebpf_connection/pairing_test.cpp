// SPDX-License-Identifier: Apache-2.0
// Both ends on this host, with and without address translation.
#include "ebpf/connection/pairing.hpp"

#include "samples.hpp"

namespace sonde::ebpf::connection {
namespace {

class Pairing : public ::testing::Test {
protected:
    row& add(sonde_connection raw, std::uint32_t network_namespace, direction way) {
        raw.network_namespace = network_namespace;
        raw.pid = static_cast<std::uint32_t>(100 + rows_.size());
        rows_.push_back(row_of(rows_.size() + 1, raw));
        rows_.back().way = way;
        return rows_.back();
    }
    row& outgoing(const std::string& local, std::uint16_t local_port, const std::string& remote,
                  std::uint16_t remote_port, std::uint32_t network_namespace = 1) {
        return add(raw_tcp(rows_.size() + 1, local, local_port, remote, remote_port), network_namespace,
                   direction::outgoing);
    }
    row& incoming(const std::string& local, std::uint16_t local_port, const std::string& remote,
                  std::uint16_t remote_port, std::uint32_t network_namespace = 1) {
        sonde_connection raw = raw_tcp(rows_.size() + 1, local, local_port, remote, remote_port);
        raw.direction = SONDE_DIRECTION_INCOMING;
        return add(raw, network_namespace, direction::incoming);
    }
    std::vector<delta>& run() {
        deltas_.clear();
        for (const row& of : rows_) {
            delta told;
            told.of = &of;
            told.nat = of.nat.get();
            told.way = of.way;
            told.place = static_cast<std::uint32_t>(deltas_.size());
            deltas_.push_back(told);
        }
        pointers_ = pointers(rows_);
        pairing_.run(pointers_, deltas_, port_range{});
        return deltas_;
    }
    std::uint32_t peer(std::size_t at) { return deltas_[at].peer == nullptr ? 0 : deltas_[at].peer->pid; }

    pairing pairing_;
    std::vector<row> rows_ = [] {
        std::vector<row> made;
        made.reserve(16);  // references stay
        return made;
    }();
    std::vector<const row*> pointers_;
    std::vector<delta> deltas_;
};

TEST_F(Pairing, both_ends_on_loopback_know_each_other_and_count_once) {
    outgoing("127.0.0.1", 40000, "127.0.0.1", 80);
    incoming("127.0.0.1", 80, "127.0.0.1", 40000);
    run();
    EXPECT_EQ(peer(0), 101u);
    EXPECT_EQ(peer(1), 100u);
    EXPECT_TRUE(deltas_[0].is_intra_host);
    EXPECT_FALSE(deltas_[0].is_second);
    EXPECT_TRUE(deltas_[1].is_second);
}

TEST_F(Pairing, two_pods_with_the_same_loopback_ports_do_not_mix) {
    for (const std::uint32_t pod : {11u, 12u}) {
        outgoing("127.0.0.1", 40000, "127.0.0.1", 80, pod);
        incoming("127.0.0.1", 80, "127.0.0.1", 40000, pod);
    }
    run();
    EXPECT_EQ(peer(0), 101u);
    EXPECT_EQ(peer(1), 100u);
    EXPECT_EQ(peer(2), 103u);
    EXPECT_EQ(peer(3), 102u);
    EXPECT_EQ(pairing_.ambiguous(), 0u);
}

TEST_F(Pairing, client_and_server_in_two_pods_are_found_through_their_addresses) {
    outgoing("10.1.0.5", 40000, "10.1.0.6", 80, 11);
    incoming("10.1.0.6", 80, "10.1.0.5", 40000, 12);
    outgoing("10.1.0.6", 40000, "10.1.0.5", 80, 12);
    incoming("10.1.0.5", 80, "10.1.0.6", 40000, 11);
    run();
    EXPECT_EQ(peer(0), 101u);
    EXPECT_EQ(peer(2), 103u);
    EXPECT_TRUE(deltas_[3].is_second);
}

TEST_F(Pairing, loopback_never_pairs_across_namespaces) {
    outgoing("127.0.0.1", 40000, "127.0.0.1", 80, 11);
    incoming("127.0.0.1", 80, "127.0.0.1", 40000, 12);
    run();
    EXPECT_EQ(peer(0), 0u);
    EXPECT_EQ(peer(1), 0u);
}

TEST_F(Pairing, what_two_namespaces_could_be_is_left_open_and_counted) {
    outgoing("10.1.0.5", 40000, "10.1.0.6", 80, 11);
    incoming("10.1.0.6", 80, "10.1.0.5", 40000, 12);
    incoming("10.1.0.6", 80, "10.1.0.5", 40000, 13);
    run();
    EXPECT_EQ(peer(0), 0u);
    EXPECT_EQ(pairing_.ambiguous(), 1u);
    EXPECT_TRUE(deltas_[0].is_intra_host) << "its peer's address is one of ours";
}

TEST_F(Pairing, a_remote_peer_is_remote) {
    outgoing("10.1.0.5", 40000, "192.0.2.1", 80);
    run();
    EXPECT_FALSE(deltas_[0].is_intra_host);
    EXPECT_EQ(deltas_[0].way, direction::outgoing);
}

TEST_F(Pairing, dnat_alone_the_client_keeps_the_translation_and_the_server_loses_its_mirror) {
    outgoing("10.0.0.5", 40000, "10.96.0.1", 80, 11).nat =
        translation{end_of("10.0.0.7", 8080), end_of("10.0.0.5", 40000)};
    incoming("10.0.0.7", 8080, "10.0.0.5", 40000, 12).nat =
        translation{end_of("10.0.0.5", 40000), end_of("10.96.0.1", 80)};
    run();
    EXPECT_EQ(peer(0), 101u);
    EXPECT_EQ(peer(1), 100u);
    EXPECT_TRUE(deltas_[0].nat);
    EXPECT_FALSE(deltas_[1].nat);
}

TEST_F(Pairing, snat_alone_keeps_the_translation_at_both_ends) {
    outgoing("10.0.0.5", 40000, "10.0.0.7", 80, 11).nat =
        translation{end_of("10.0.0.7", 80), end_of("10.0.0.1", 50000)};
    incoming("10.0.0.7", 80, "10.0.0.1", 50000, 12).nat =
        translation{end_of("10.0.0.5", 40000), end_of("10.0.0.7", 80)};
    run();
    EXPECT_EQ(peer(0), 101u);
    EXPECT_EQ(peer(1), 100u);
    EXPECT_TRUE(deltas_[0].nat);
    EXPECT_TRUE(deltas_[1].nat);
}

TEST_F(Pairing, snat_and_dnat_together_find_the_other_end) {
    outgoing("10.0.0.5", 40000, "10.96.0.1", 80, 11).nat =
        translation{end_of("10.0.0.7", 8080), end_of("10.0.0.1", 50000)};
    incoming("10.0.0.7", 8080, "10.0.0.1", 50000, 12);
    run();
    EXPECT_EQ(peer(0), 101u);
    EXPECT_EQ(peer(1), 100u);
}

TEST_F(Pairing, a_hairpin_to_the_own_service_address_is_intra_host) {
    outgoing("10.0.0.5", 40000, "10.96.0.1", 80, 11).nat =
        translation{end_of("10.0.0.5", 8080), end_of("10.0.0.1", 50000)};
    incoming("10.0.0.5", 8080, "10.0.0.1", 50000, 11);
    run();
    EXPECT_EQ(peer(0), 101u);
    EXPECT_TRUE(deltas_[0].is_intra_host);
    EXPECT_TRUE(deltas_[1].is_intra_host);
}

TEST_F(Pairing, a_sidecar_that_redirects_keeps_its_translation) {
    outgoing("1.1.1.1", 12345, "2.2.2.2", 80, 11);
    incoming("2.2.2.2", 15006, "1.1.1.1", 12345, 12).nat = translation{end_of("1.1.1.1", 12345), end_of("2.2.2.2", 80)};
    run();
    EXPECT_EQ(peer(0), 101u);
    EXPECT_TRUE(deltas_[0].is_intra_host);
    ASSERT_TRUE(deltas_[1].nat);
    EXPECT_EQ(deltas_[1].nat->reply_destination, end_of("2.2.2.2", 80));
}

TEST_F(Pairing, a_translation_to_loopback_is_intra_host) {
    outgoing("10.0.0.5", 40000, "10.96.0.1", 80).nat =
        translation{end_of("127.0.0.1", 8080), end_of("10.0.0.5", 40000)};
    run();
    EXPECT_TRUE(deltas_[0].is_intra_host);
}

TEST_F(Pairing, an_outgoing_answer_of_a_local_server_is_incoming) {
    sonde_connection raw = raw_tcp(1, "127.0.0.1", 80, "127.0.0.1", 40000);
    raw.direction = SONDE_DIRECTION_UNKNOWN;
    add(raw, 1, direction::outgoing);
    run();
    EXPECT_EQ(deltas_[0].way, direction::incoming);
}

TEST_F(Pairing, what_the_kernel_saw_of_tcp_stands) {
    outgoing("127.0.0.1", 80, "127.0.0.1", 40000);
    run();
    EXPECT_EQ(deltas_[0].way, direction::outgoing);
}

TEST_F(Pairing, a_dns_client_that_was_seen_by_its_answer_first_is_outgoing) {
    sonde_connection remote = raw_udp(1, "10.0.0.5", 40000, "192.0.2.1", 53);
    remote.direction = SONDE_DIRECTION_INCOMING;
    add(remote, 1, direction::incoming);
    sonde_connection game = raw_udp(2, "10.0.0.5", 40001, "192.0.2.1", 27015);
    game.direction = SONDE_DIRECTION_INCOMING;
    add(game, 1, direction::incoming);
    run();
    EXPECT_EQ(deltas_[0].way, direction::outgoing);
    EXPECT_EQ(deltas_[1].way, direction::incoming);
}

TEST_F(Pairing, a_dns_client_and_its_server_are_linked) {
    add(raw_udp(1, "10.0.0.5", 40000, "10.0.0.6", 53), 11, direction::outgoing);
    sonde_connection server = raw_udp(2, "10.0.0.6", 53, "10.0.0.5", 40000);
    server.direction = SONDE_DIRECTION_INCOMING;
    add(server, 12, direction::incoming);
    run();
    EXPECT_EQ(peer(0), 101u);
    EXPECT_TRUE(deltas_[1].is_second);
}

}  // namespace
}  // namespace sonde::ebpf::connection
