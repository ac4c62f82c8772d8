// SPDX-License-Identifier: Apache-2.0
#include "ebpf/connection/table.hpp"

#include "samples.hpp"

namespace sonde::ebpf::connection {
namespace {

class Table : public ::testing::Test {
protected:
    const row& live(const table::outcome& outcome) { return table_[outcome.at]; }
    // A complete walk that shows `shown`.
    void round(std::initializer_list<sonde_connection> shown, std::uint64_t now = 10 * second) {
        table_.begin_round();
        for (const auto& raw : shown) {
            static_cast<void>(table_.update(record_of(raw)));
        }
        table_.end_round(now, [&](const row& ended) { ended_.push_back(ended); });
    }
    void expire(std::uint64_t now) {
        table_.expire(now, [&](const row& ended) { ended_.push_back(ended); });
    }
    static sonde_connection later(sonde_connection raw, std::uint64_t time, std::uint64_t sent, std::uint64_t got = 0) {
        raw.time = time;
        raw.sent_bytes = sent;
        raw.sent_packets = sent;
        raw.received_bytes = got;
        raw.received_packets = got;
        return raw;
    }

    table table_{table_settings{.max_tracked = 4}};
    std::vector<row> ended_;
};

TEST_F(Table, counters_only_grow) {
    static_cast<void>(table_.update(record_of(later(raw_tcp(1), 3 * second, 100))));
    const auto outcome = table_.update(record_of(later(raw_tcp(1), 2 * second, 50)));
    EXPECT_EQ(outcome.what, table::change::updated);
    EXPECT_EQ(live(outcome).total.sent_bytes, 100u);
    EXPECT_EQ(live(outcome).updated, 3 * second);
    EXPECT_EQ(table_.stats().stale, 1u);
}

TEST_F(Table, segments_go_on_after_the_kernels_counter_wrapped) {
    static_cast<void>(table_.update(record_of(later(raw_tcp(1), 3 * second, 0xffff'fff0))));
    sonde_connection wrapped = later(raw_tcp(1), 4 * second, 0x1'0000'0010);
    wrapped.sent_packets = 0x10;
    EXPECT_EQ(live(table_.update(record_of(wrapped))).total.sent_packets, 0x1'0000'0010u);
    const auto ended = table_.close(record_of(closed(wrapped, 5 * second)));
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->total.sent_packets, 0x1'0000'0010u);
}

TEST_F(Table, a_socket_has_a_row_per_udp_peer) {
    EXPECT_EQ(table_.update(record_of(raw_udp(1, "10.0.0.1", 53, "10.0.0.2", 1000))).what, table::change::added);
    EXPECT_EQ(table_.update(record_of(raw_udp(1, "10.0.0.1", 53, "10.0.0.3", 1000))).what, table::change::added);
    EXPECT_EQ(table_.live(), 2u);
}

TEST_F(Table, what_finds_no_room_is_counted_by_protocol) {
    for (std::uint64_t cookie = 1; cookie <= 5; ++cookie) {
        static_cast<void>(table_.update(record_of(raw_tcp(cookie))));
    }
    static_cast<void>(table_.update(record_of(raw_udp(9, "10.0.0.1", 53, "10.0.0.2", 1000))));
    EXPECT_EQ(table_.live(), 4u);
    EXPECT_EQ(table_.stats().overflow_tcp, 1u);
    EXPECT_EQ(table_.stats().overflow_udp, 1u);
    EXPECT_TRUE(table_.close(record_of(closed(raw_tcp(5), 4 * second)))) << "its close tells all of it";
}

TEST_F(Table, a_close_has_the_last_word_and_keeps_what_was_known) {
    static_cast<void>(table_.update(record_of(later(raw_tcp(1), 3 * second, 100))));
    sonde_connection last = closed(later(raw_tcp(1), 4 * second, 150), 4 * second);
    last.pid = 0;
    last.rtt = 0;
    const auto ended = table_.close(record_of(last));
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->total.sent_bytes, 150u);
    EXPECT_EQ(ended->total.closed, 1u);
    EXPECT_EQ(ended->pid, 100u);
    EXPECT_EQ(ended->ended, 4 * second);
    EXPECT_EQ(table_.live(), 0u);
}

TEST_F(Table, a_late_record_does_not_bring_a_closed_connection_back) {
    const auto outcome = table_.update(record_of(later(raw_tcp(1), 3 * second, 100)));
    const std::uint64_t id = live(outcome).id;
    const auto ended = table_.close(record_of(closed(raw_tcp(1), 4 * second)));
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->id, id);
    EXPECT_EQ(table_.update(record_of(later(raw_tcp(1), 3 * second + 1, 100))).what, table::change::nothing);
    EXPECT_FALSE(table_.close(record_of(closed(raw_tcp(1), 4 * second))));
    EXPECT_EQ(table_.live(), 0u);
    EXPECT_EQ(table_.stats().repeated, 1u);
}

TEST_F(Table, a_socket_connected_anew_is_a_new_connection) {
    const std::uint64_t id = live(table_.update(record_of(later(raw_tcp(1), 3 * second, 100)))).id;
    static_cast<void>(table_.close(record_of(closed(raw_tcp(1), 4 * second))));
    sonde_connection again = later(raw_tcp(1), 6 * second, 10);
    again.created = 5 * second;
    const auto outcome = table_.update(record_of(again));
    EXPECT_EQ(outcome.what, table::change::added);
    EXPECT_NE(live(outcome).id, id);
    EXPECT_EQ(live(outcome).total.sent_bytes, 10u);
}

TEST_F(Table, two_rounds_without_a_connection_end_it) {
    round({raw_tcp(1), raw_tcp(2)});
    round({raw_tcp(1)});
    EXPECT_TRUE(ended_.empty()) << "its close may be on the way";
    round({raw_tcp(1)}, 20 * second);
    ASSERT_EQ(ended_.size(), 1u);
    EXPECT_EQ(ended_[0].who.cookie, 2u);
    EXPECT_TRUE(ended_[0].is_closed);
    EXPECT_EQ(ended_[0].ended, 20 * second);
    EXPECT_EQ(table_.stats().vanished, 1u);
    EXPECT_FALSE(table_.close(record_of(closed(raw_tcp(2), 20 * second)))) << "told once";
}

TEST_F(Table, a_round_that_failed_ends_nothing) {
    round({raw_tcp(1)});
    for (int i = 0; i < 5; ++i) {
        table_.begin_round();
        table_.abort_round();
    }
    round({raw_tcp(1)});
    round({});
    EXPECT_TRUE(ended_.empty());
}

TEST_F(Table, a_socket_that_stays_open_after_its_close_keeps_its_place_and_no_longer) {
    round({raw_tcp(1)});
    static_cast<void>(table_.close(record_of(closed(raw_tcp(1), 4 * second))));
    sonde_connection lingering = raw_tcp(1);
    lingering.state = tcp_state_close;
    round({lingering});
    EXPECT_EQ(table_.size(), 1u);
    round({});
    EXPECT_EQ(table_.size(), 0u);
    EXPECT_TRUE(ended_.empty());
}

TEST_F(Table, a_lost_close_is_noticed_though_the_socket_stays_open) {
    round({raw_tcp(1)});
    sonde_connection lingering = raw_tcp(1);
    lingering.state = tcp_state_close;
    round({lingering});
    round({lingering});
    EXPECT_EQ(ended_.size(), 1u);
}

TEST_F(Table, listeners_are_not_connections) {
    sonde_connection listener = raw_tcp(1);
    listener.state = tcp_state_listen;
    EXPECT_EQ(table_.update(record_of(listener)).what, table::change::nothing);
    EXPECT_EQ(table_.size(), 0u);
}

TEST_F(Table, udp_expires_30_s_after_its_last_datagram_and_120_s_if_assured) {
    const auto one_way = raw_udp(1, "10.0.0.1", 5000, "10.0.0.2", 53);
    const auto both = raw_udp(2, "10.0.0.1", 5001, "10.0.0.2", 53);
    static_cast<void>(table_.update(record_of(later(one_way, 10 * second, 1))));
    static_cast<void>(table_.update(record_of(later(both, 10 * second, 2, 1))));
    // Looks without traffic do not prolong a life.
    static_cast<void>(table_.update(record_of(later(one_way, 30 * second, 1))));
    expire(40 * second - 1);
    EXPECT_TRUE(ended_.empty());
    expire(40 * second);
    ASSERT_EQ(ended_.size(), 1u);
    EXPECT_EQ(ended_[0].who.cookie, 1u);
    EXPECT_EQ(ended_[0].ended, 10 * second);
    expire(130 * second - 1);
    EXPECT_EQ(ended_.size(), 1u);
    expire(130 * second);
    EXPECT_EQ(ended_.size(), 2u);
    EXPECT_EQ(table_.stats().expired, 2u);
}

TEST_F(Table, udp_that_goes_on_after_its_timeout_counts_from_zero_again) {
    const auto udp = raw_udp(1, "10.0.0.1", 5000, "10.0.0.2", 53);
    static_cast<void>(table_.update(record_of(later(udp, 10 * second, 5))));
    expire(100 * second);
    ASSERT_EQ(ended_.size(), 1u);
    EXPECT_EQ(ended_[0].total.sent_bytes, 5u);
    EXPECT_EQ(table_.update(record_of(later(udp, 101 * second, 5))).what, table::change::nothing);
    const auto outcome = table_.update(record_of(later(udp, 102 * second, 7)));
    ASSERT_EQ(outcome.what, table::change::added);
    EXPECT_EQ(live(outcome).total.sent_bytes, 2u);
    EXPECT_EQ(live(outcome).created, 102 * second);
}

TEST_F(Table, udp_whose_kernel_counters_began_anew_loses_nothing) {
    const auto udp = raw_udp(1, "10.0.0.1", 5000, "10.0.0.2", 53);
    static_cast<void>(table_.update(record_of(later(udp, 10 * second, 5))));
    expire(100 * second);
    auto anew = later(udp, 102 * second, 3);
    anew.created = 101 * second;
    const auto outcome = table_.update(record_of(anew));
    ASSERT_EQ(outcome.what, table::change::added);
    EXPECT_EQ(live(outcome).total.sent_bytes, 3u);
}

TEST_F(Table, the_process_that_accepted_is_better_than_the_listeners) {
    sonde_connection accepted = raw_tcp(1);
    accepted.flags = SONDE_CONNECTION_ACCEPTED;
    accepted.pid = 200;
    static_cast<void>(table_.update(record_of(raw_tcp(1))));
    static_cast<void>(table_.update(record_of(accepted)));
    EXPECT_EQ(live(table_.update(record_of(raw_tcp(1)))).pid, 200u);
}

}  // namespace
}  // namespace sonde::ebpf::connection
