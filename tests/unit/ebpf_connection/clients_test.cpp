// SPDX-License-Identifier: Apache-2.0
// Every client hears of everything exactly once, whatever the others do.
#include "ebpf/connection/clients.hpp"

#include <map>
#include <random>

#include "samples.hpp"

namespace sonde::ebpf::connection {
namespace {

class Clients : public ::testing::Test {
protected:
    static client_settings small() {
        client_settings settings;
        settings.max_clients = 3;
        settings.max_saved = 4;
        return settings;
    }
    static row live(std::uint64_t id, std::uint64_t sent) {
        sonde_connection raw = raw_tcp(id, "10.0.0.1", static_cast<std::uint16_t>(40000 + id), "10.0.0.2", 80);
        raw.sent_bytes = sent;
        raw.sent_packets = sent;
        return row_of(id, raw);
    }
    static row ended(row from, std::uint64_t sent) {
        from.total.sent_bytes = sent;
        from.total.sent_packets = sent;
        from.total.closed = 1;
        from.is_closed = true;
        from.updated = from.ended = 5 * second;
        return from;
    }
    std::vector<delta> poll(std::string_view id, const std::vector<row>& rows, std::uint64_t now = second) {
        rows_ = rows;
        const auto told = clients_.poll(id, now, pointers(rows_));
        return {told.begin(), told.end()};
    }
    std::uint64_t sent(std::string_view id, const std::vector<row>& rows, std::uint64_t now = second) {
        std::uint64_t sum = 0;
        for (const delta& one : poll(id, rows, now)) {
            sum += one.last.sent_bytes;
        }
        return sum;
    }

    clients clients_{small()};
    std::vector<row> rows_;  // what the answer points into
};

TEST_F(Clients, two_that_poll_at_different_rates_each_hear_the_whole_sum_once) {
    std::mt19937 dice(7);
    std::map<std::string, std::uint64_t> heard;
    std::uint64_t total = 0;
    for (int step = 1; step <= 200; ++step) {
        total += dice() % 1000;
        heard["fast"] += sent("fast", {live(1, total)});
        if (step % 7 == 0) {
            heard["slow"] += sent("slow", {live(1, total)});
        }
    }
    heard["slow"] += sent("slow", {live(1, total)});
    EXPECT_EQ(heard["fast"], total);
    EXPECT_EQ(heard["slow"], total);
}

TEST_F(Clients, a_close_between_two_polls_tells_only_the_rest) {
    EXPECT_EQ(sent("a", {live(1, 100)}), 100u);
    clients_.store(ended(live(1, 0), 130));
    const auto told = poll("a", {});
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].last.sent_bytes, 30u);
    EXPECT_EQ(told[0].last.established, 0u);
    EXPECT_EQ(told[0].last.closed, 1u);
    EXPECT_EQ(told[0].total->sent_bytes, 130u);
    EXPECT_TRUE(poll("a", {}).empty());
}

TEST_F(Clients, a_close_that_is_seen_live_in_the_same_poll_is_told_once) {
    EXPECT_EQ(sent("a", {live(1, 100)}), 100u);
    clients_.store(ended(live(1, 0), 130));
    EXPECT_EQ(sent("a", {live(1, 140)}), 40u) << "the larger counters";
    EXPECT_EQ(sent("a", {}), 0u);
}

TEST_F(Clients, a_tuple_opened_again_within_an_interval_is_one_row) {
    ASSERT_TRUE(clients_.add("a", second, {}));
    row first = live(1, 0);
    row again = live(1, 7);
    again.id = 2;
    again.who.cookie = 2;
    first.rtt = 100;
    again.rtt = 300;
    clients_.store(ended(first, 50));
    const auto told = poll("a", {again});
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].merged, 2u);
    EXPECT_EQ(told[0].last.sent_bytes, 57u);
    EXPECT_EQ(told[0].last.established, 2u);
    EXPECT_EQ(told[0].last.closed, 1u);
    EXPECT_EQ(told[0].rtt, 200u);
}

TEST_F(Clients, of_two_live_connections_with_one_id_the_newer_stays) {
    row older = live(1, 10);
    row newer = live(2, 20);
    newer.id = 1;
    newer.updated = older.updated + 1;
    const auto told = poll("a", {newer, older});
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].of->who.cookie, 2u);
    EXPECT_EQ(told[0].last.sent_bytes, 20u);
    EXPECT_EQ(clients_.stats().collisions, 1u);
    EXPECT_EQ(poll("b", {older, newer}).at(0).of->who.cookie, 2u) << "in either order";
}

TEST_F(Clients, of_a_closed_and_a_live_connection_with_one_id_the_newer_stays) {
    row other = live(2, 20);
    other.id = 1;
    other.updated = 9 * second;
    EXPECT_EQ(sent("a", {live(1, 15)}), 15u);
    clients_.store(ended(live(1, 0), 30));
    auto told = poll("a", {other});
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].of->who.cookie, 2u);
    EXPECT_EQ(told[0].last.sent_bytes, 20u) << "without the baseline of the other";
    EXPECT_EQ(clients_.stats().collisions, 1u);

    other.updated = second;
    clients_.store(ended(live(1, 0), 30));
    told = poll("a", {other});
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].of->who.cookie, 1u);
    EXPECT_EQ(told[0].last.sent_bytes, 30u);
}

TEST_F(Clients, records_of_one_connection_are_merged_to_their_larger_counters) {
    row other = live(1, 30);
    other.total.received_bytes = 1;
    EXPECT_EQ(poll("a", {live(1, 40), other}).at(0).last, (counters{40, 1, 40, 0, 0, 1, 0}));
    EXPECT_EQ(clients_.stats().collisions, 0u);
}

TEST_F(Clients, counters_that_go_back_give_no_delta_and_count) {
    EXPECT_EQ(sent("a", {live(1, 100)}), 100u);
    EXPECT_EQ(sent("a", {live(1, 20)}), 0u);
    EXPECT_EQ(clients_.stats().underflows, 1u);
    EXPECT_EQ(sent("a", {live(1, 120)}), 20u) << "from the larger";
}

TEST_F(Clients, a_delta_above_the_ceiling_is_corrupt_but_a_long_past_is_not) {
    const std::uint64_t past = most_bytes * 3;
    row old = live(1, 5);
    old.total.sent_bytes = past;
    EXPECT_EQ(sent("a", {old}), past);
    old.total.sent_bytes += most_bytes + 1;
    EXPECT_EQ(sent("a", {old}), 0u);
    EXPECT_EQ(clients_.stats().corrupt, 1u);
    old.total.sent_bytes += 5;
    EXPECT_EQ(sent("a", {old}), 5u);
}

TEST_F(Clients, a_full_buffer_drops_for_each_client_and_counts) {
    client_settings settings;
    settings.max_closed = 2;
    clients few(settings);
    ASSERT_TRUE(few.add("a", second, {}));
    for (const unsigned sent : {0u, 10u, 0u, 20u}) {
        few.store(ended(live(1 + sent, 0), sent));
    }
    std::uint64_t heard = 0;
    for (const delta& told : few.poll("a", second, {})) {
        heard += told.last.sent_bytes;
    }
    EXPECT_EQ(heard, 30u);
    EXPECT_EQ(few.stats().closed.dropped_tcp, 2u);
}

TEST_F(Clients, one_that_was_silent_for_two_minutes_is_told_everything_again) {
    EXPECT_EQ(sent("a", {live(1, 100)}, second), 100u);
    EXPECT_EQ(sent("a", {live(1, 110)}, 120 * second), 10u);
    EXPECT_EQ(sent("a", {live(1, 120)}, 241 * second), 120u);
    EXPECT_EQ(clients_.stats().idle, 1u);
}

TEST_F(Clients, a_registered_one_hears_what_happens_from_then_on) {
    const std::vector<row> before{live(1, 100)};
    ASSERT_TRUE(clients_.add("a", second, pointers(before)));
    ASSERT_TRUE(clients_.add("a", second, {})) << "again changes nothing";
    EXPECT_EQ(sent("a", {live(1, 130), live(2, 7)}), 37u);
}

TEST_F(Clients, an_unknown_one_hears_of_closes_from_its_first_poll_on) {
    clients_.store(ended(live(1, 0), 10));
    EXPECT_EQ(sent("a", {}), 0u);
    clients_.store(ended(live(2, 0), 20));
    EXPECT_EQ(sent("a", {}), 20u);
}

TEST_F(Clients, too_many_are_refused) {
    EXPECT_TRUE(clients_.add("a", second, {}));
    EXPECT_TRUE(clients_.add("b", second, {}));
    EXPECT_TRUE(clients_.add("c", second, {}));
    EXPECT_FALSE(clients_.add("d", second, {}));
    EXPECT_TRUE(poll("d", {live(1, 1)}).empty());
    EXPECT_EQ(clients_.stats().refused, 2u);
}

TEST_F(Clients, live_connections_beyond_the_limit_are_counted_and_follow_when_there_is_room) {
    EXPECT_EQ(poll("a", {live(1, 1), live(2, 1), live(3, 1), live(4, 1), live(5, 1)}).size(), 4u);
    EXPECT_EQ(clients_.stats().no_room, 1u);
    EXPECT_EQ(poll("a", {live(1, 1), live(5, 1)}).size(), 0u);
    EXPECT_EQ(poll("a", {live(1, 1), live(5, 1)}).size(), 1u);
}

TEST_F(Clients, a_connection_without_news_is_not_told) {
    EXPECT_EQ(poll("a", {live(1, 5)}).size(), 1u);
    EXPECT_TRUE(poll("a", {live(1, 5)}).empty());
}

TEST_F(Clients, failures_are_counted_by_errno) {
    ASSERT_TRUE(clients_.add("a", second, {}));
    for (const auto& [id, error] :
         {std::pair<std::uint64_t, std::uint16_t>{1, ECONNREFUSED}, {2, ECONNREFUSED}, {3, ETIMEDOUT}}) {
        clients_.store(row_of(id, failed(raw_tcp(id), error)));
    }
    const auto told = poll("a", {});
    ASSERT_EQ(told.size(), 1u) << "the same tuple";
    EXPECT_EQ(told[0].failures[failure_place(ECONNREFUSED)], 2u);
    EXPECT_EQ(told[0].failures[failure_place(ETIMEDOUT)], 1u);
}

TEST_F(Clients, closes_can_be_asked_for_alone) {
    EXPECT_EQ(sent("stream", {live(1, 100), live(2, 50)}), 150u);
    clients_.store(ended(live(1, 0), 120));
    const auto told = clients_.poll_closed("stream", second);
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].last.sent_bytes, 20u);
    EXPECT_EQ(sent("stream", {live(2, 55)}), 5u) << "what lives keeps its baseline";
}

class ClosesOfBothEnds : public Clients {
protected:
    static constexpr auto keep_back = clients::unpaired::keep_back;
    static row end_of(std::uint64_t id, const sonde_connection& raw) { return ended(row_of(id, raw), 10); }
    static row client_end() { return end_of(1, raw_tcp(1, "10.0.0.1", 40000, "10.0.0.1", 80)); }
    static row server_end() { return end_of(2, raw_tcp(2, "10.0.0.1", 80, "10.0.0.1", 40000)); }

    void SetUp() override { ASSERT_TRUE(clients_.add("stream", second, {})); }
    clients::answer look() { return clients_.poll_closed("stream", second, keep_back); }
};

TEST_F(ClosesOfBothEnds, are_told_together_though_a_look_came_between_them) {
    clients_.store(client_end());
    EXPECT_EQ(look().size(), 0u);
    clients_.store(server_end());
    const auto told = look();
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(told[0].peer, told[1].of);
    EXPECT_EQ(told[1].peer, told[0].of);
    EXPECT_EQ(look().size(), 0u);
}

TEST_F(ClosesOfBothEnds, are_told_at_once_when_both_are_there) {
    clients_.store(client_end());
    clients_.store(server_end());
    EXPECT_EQ(look().size(), 2u);
}

TEST_F(ClosesOfBothEnds, do_not_wait_longer_than_one_look) {
    clients_.store(end_of(3, raw_tcp(3)));
    EXPECT_EQ(look().size(), 0u);
    const auto told = look();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].last.sent_bytes, 10u);
    EXPECT_EQ(told[0].peer, nullptr);
}

TEST_F(ClosesOfBothEnds, failures_have_no_other_end_to_wait_for) {
    clients_.store(row_of(4, failed(raw_tcp(4), ECONNREFUSED)));
    EXPECT_EQ(look().size(), 1u);
}

TEST_F(ClosesOfBothEnds, what_waits_is_told_with_what_lives_and_when_nothing_more_comes) {
    clients_.store(client_end());
    EXPECT_EQ(look().size(), 0u);
    EXPECT_EQ(poll("stream", {}).size(), 1u);
    clients_.store(server_end());
    EXPECT_EQ(look().size(), 0u);
    EXPECT_EQ(clients_.poll_closed("stream", second).size(), 1u);
}

TEST(Rollup, short_connections_lose_the_port_of_the_client) {
    client_settings settings;
    settings.has_rollup = true;
    clients rolled(settings);
    ASSERT_TRUE(rolled.add("a", second, {}));
    for (std::uint64_t id = 1; id <= 5; ++id) {
        sonde_connection raw = raw_tcp(id, "10.0.0.1", static_cast<std::uint16_t>(40000 + id), "10.0.0.2", 80);
        raw.sent_bytes = 10;
        row ended = row_of(id, closed(raw, 3 * second));
        ended.nat = translation{end_of("10.0.0.3", 8080), end_of("10.0.0.1", static_cast<std::uint16_t>(40000 + id))};
        rolled.store(ended);
    }
    sonde_connection lasting = raw_tcp(9, "10.0.0.1", 50000, "10.0.0.2", 80);
    rolled.store(row_of(9, closed(lasting, 121 * second)));
    const auto told = rolled.poll("a", second, {});
    ASSERT_EQ(told.size(), 2u);
    const delta& merged = told[0].merged == 5 ? told[0] : told[1];
    EXPECT_EQ(merged.merged, 5u);
    EXPECT_EQ(merged.local_port, 0u);
    EXPECT_EQ(merged.remote_port, 80u);
    EXPECT_EQ(merged.nat->reply_destination.port, 0u);
    EXPECT_EQ(merged.last.sent_bytes, 50u);
}

// Conservation: with random traffic, closes and polls each client hears each connection's final counters exactly.
TEST(ClientsProperty, all_is_heard_once_under_random_traffic) {
    std::mt19937 dice(20240501);
    clients all{client_settings{}};
    ASSERT_TRUE(all.add("a", second, {}));
    ASSERT_TRUE(all.add("b", second, {}));
    std::vector<row> live;
    std::map<std::string, std::uint64_t> heard;
    std::uint64_t total = 0;
    std::uint64_t next = 1;
    const auto listen = [&](const std::string& id) {
        for (const delta& told : all.poll(id, second, pointers(live))) {
            heard[id] += told.last.sent_bytes;
        }
    };
    for (int step = 0; step < 3000; ++step) {
        const auto choice = dice() % 10;
        if (live.empty() || choice < 3) {
            sonde_connection raw =
                raw_tcp(next, "10.0.0.1", static_cast<std::uint16_t>(1024 + next % 50), "10.0.0.2", 80);
            live.push_back(row_of(next++, raw));
        }
        row& one = live[dice() % live.size()];
        const std::uint64_t more = dice() % 100;
        one.total.sent_bytes += more;
        total += more;
        if (choice >= 8) {
            one.is_closed = true;
            all.store(one);
            std::swap(one, live.back());
            live.pop_back();
        }
        if (dice() % 17 == 0) {
            listen("a");
        }
        if (dice() % 101 == 0) {
            listen("b");
        }
    }
    listen("a");
    listen("b");
    EXPECT_EQ(heard["a"], total);
    EXPECT_EQ(heard["b"], total);
    EXPECT_EQ(all.stats().underflows, 0u);
}

}  // namespace
}  // namespace sonde::ebpf::connection
