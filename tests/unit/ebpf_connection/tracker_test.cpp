// SPDX-License-Identifier: Apache-2.0
#include "ebpf/connection/tracker.hpp"

#include "ebpf/connection/edges.hpp"
#include "samples.hpp"

namespace sonde::ebpf::connection {
namespace {

TEST(Tracker, a_thousand_short_connections_are_a_thousand_on_the_edge) {
    tracker of{tracker_settings{}};
    ASSERT_TRUE(of.add_client("a", second));
    for (std::uint16_t i = 0; i < 1000; ++i) {
        const auto port = static_cast<std::uint16_t>(33000 + i);
        auto client = raw_tcp(2 * i + 1, "127.0.0.1", port, "127.0.0.1", 80);
        auto server = raw_tcp(2 * i + 2, "127.0.0.1", 80, "127.0.0.1", port);
        client.sent_bytes = server.received_bytes = 1;
        server.direction = SONDE_DIRECTION_INCOMING;
        server.pid = 200;
        of.take(bytes_of(closed(client, 3 * second)));
        of.take(bytes_of(closed(server, 3 * second)));
    }
    const auto told = of.poll("a", 4 * second);
    EXPECT_EQ(told.size(), 2000u);
    const auto found = edges(told);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].connections, 1000u);
    EXPECT_EQ(found[0].traffic.closed, 1000u);
    EXPECT_EQ(found[0].traffic.sent_bytes, 1000u);
    EXPECT_EQ(found[0].observations, 2u);
    EXPECT_EQ(of.stats().closes, 2000u);
}

TEST(Tracker, a_connection_older_than_the_agent_is_flagged_and_has_its_whole_past) {
    tracker of{tracker_settings{}};
    of.bindings().add(1, 80, transport::tcp);
    auto raw = raw_tcp(1, "10.0.0.1", 80, "10.0.0.2", 40000);
    raw.flags = SONDE_CONNECTION_EXISTED;
    raw.direction = SONDE_DIRECTION_UNKNOWN;
    raw.created = raw.established = 0;
    raw.sent_bytes = 12345;
    of.take(bytes_of(raw));
    const auto told = of.poll("a", 3 * second);
    ASSERT_EQ(told.size(), 1u);
    EXPECT_TRUE(told[0].of->has_existed);
    EXPECT_EQ(told[0].last.sent_bytes, 12345u);
    EXPECT_EQ(told[0].last.established, 0u);
    EXPECT_EQ(told[0].way, direction::incoming) << "its port is listened on";
}

TEST(Tracker, refused_and_timed_out_connects_are_told_apart_and_know_their_destination) {
    tracker of{tracker_settings{}};
    ASSERT_TRUE(of.add_client("a", second));
    of.take(bytes_of(failed(raw_tcp(1, "10.0.0.1", 40000, "10.0.0.2", 80), ECONNREFUSED)));
    of.take(bytes_of(failed(raw_tcp(2, "10.0.0.1", 40001, "10.0.0.3", 81), ETIMEDOUT)));
    const auto told = of.poll("a", 3 * second);
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(told[0].failures[failure_place(ECONNREFUSED)], 1u);
    EXPECT_EQ(told[0].of->who.key.remote, end_of("10.0.0.2", 80));
    EXPECT_EQ(told[1].failures[failure_place(ETIMEDOUT)], 1u);
    EXPECT_EQ(told[1].of->who.key.remote, end_of("10.0.0.3", 81));
    EXPECT_EQ(of.stats().failures, 2u);
}

TEST(Tracker, records_that_are_cut_or_foreign_are_counted_and_the_rest_is_read) {
    tracker of{tracker_settings{}};
    std::array<sonde_connection, 3> many{raw_tcp(1), raw_tcp(2), raw_tcp(3)};
    many[1].family = 99;
    const auto bytes = std::as_bytes(std::span(many));
    of.take(bytes.first(bytes.size() - 1));
    EXPECT_EQ(of.connections().live(), 1u);
    EXPECT_EQ(of.stats().malformed[static_cast<std::size_t>(malformed::family)], 1u);
    EXPECT_EQ(of.stats().malformed[static_cast<std::size_t>(malformed::size)], 1u);
}

TEST(Tracker, a_long_run_of_records_is_taken_in_its_order) {
    tracker of{tracker_settings{}};
    std::vector<sonde_connection> many;
    for (std::uint64_t i = 0; i < 100; ++i) {
        many.push_back(raw_tcp(i / 2 + 1));  // each twice
        many.back().sent_bytes = i + 1;
        many.back().family = i % 10 == 9 ? std::uint8_t{99} : many.back().family;
    }
    of.take(std::as_bytes(std::span(many)));
    EXPECT_EQ(of.connections().live(), 50u);
    EXPECT_EQ(of.stats().malformed[static_cast<std::size_t>(malformed::family)], 10u);
    std::uint64_t sent = 0;
    of.connections().for_each([&](const row& each) {
        sent += each.total.sent_bytes;
        EXPECT_EQ(each.total.sent_bytes, each.who.cookie % 5 == 0 ? 2 * each.who.cookie - 1 : 2 * each.who.cookie);
    });
    EXPECT_EQ(sent, 50u * 51u - 10u);
    EXPECT_EQ(of.connections().stats().stale, 0u);
}

TEST(Tracker, excluded_connections_are_counted_and_nothing_else) {
    tracker_settings settings;
    ASSERT_TRUE(settings.excluded.remote.add({"10.0.0.2", {"*"}}));
    tracker of{settings};
    ASSERT_TRUE(of.add_client("a", second));
    of.take(bytes_of(raw_tcp(1)));
    of.take(bytes_of(closed(raw_tcp(1), 3 * second)));
    EXPECT_TRUE(of.poll("a", 4 * second).empty());
    EXPECT_EQ(of.stats().excluded, 2u);
}

TEST(Tracker, a_translation_that_is_known_later_is_found_by_the_next_round) {
    bool is_known = false;
    const translation nat{end_of("10.0.0.9", 8080), end_of("10.0.0.1", 40000)};
    tracker of{tracker_settings{}, [&](const tuple&) { return is_known ? std::optional(nat) : std::nullopt; }};
    auto raw = raw_tcp(1);
    of.take(bytes_of(raw));
    is_known = true;
    of.begin_round();
    raw.sent_bytes = 1;
    of.take(bytes_of(raw));
    of.end_round(3 * second);
    const translation* const told = of.poll("a", 3 * second)[0].nat;
    ASSERT_NE(told, nullptr);
    EXPECT_EQ(*told, nat);
}

TEST(Tracker, udp_that_ends_by_its_timeout_is_told_of_and_may_be_forgotten_by_the_kernel_side) {
    tracker of{tracker_settings{}};
    ASSERT_TRUE(of.add_client("a", second));
    auto raw = raw_udp(1, "10.0.0.1", 40000, "10.0.0.2", 53);
    raw.sent_bytes = 30;
    raw.sent_packets = 1;
    of.take(bytes_of(raw));
    std::vector<identity> gone;
    of.expire(40 * second, [&](const identity& who) { gone.push_back(who); });
    ASSERT_EQ(gone.size(), 1u);
    EXPECT_EQ(gone[0].cookie, 1u);
    const auto told = of.poll("a", 41 * second);
    ASSERT_EQ(told.size(), 1u);
    EXPECT_TRUE(told[0].of->is_closed);
    EXPECT_EQ(told[0].last.sent_bytes, 30u);
}

TEST(Tracker, a_close_that_was_never_seen_live_gets_its_direction_from_the_listeners) {
    tracker of{tracker_settings{}};
    of.bindings().add(1, 80, transport::tcp);
    ASSERT_TRUE(of.add_client("a", second));
    auto raw = raw_tcp(1, "10.0.0.1", 80, "10.0.0.2", 40000);
    raw.direction = SONDE_DIRECTION_UNKNOWN;
    of.take(bytes_of(closed(raw, 3 * second)));
    EXPECT_EQ(of.poll("a", 4 * second)[0].way, direction::incoming);
}

}  // namespace
}  // namespace sonde::ebpf::connection
