// SPDX-License-Identifier: Apache-2.0
#include "ebpf/dns/statistics.hpp"

#include <map>
#include <random>

#include <netinet/in.h>

#include "ebpf/dns/record_type.hpp"

#include "sample.hpp"

namespace sonde::ebpf::dns {
namespace {

constexpr std::uint64_t microsecond = 1000;
constexpr std::uint64_t second = 1'000'000'000;
constexpr std::uint8_t no_such_name = 3;

endpoints client(std::uint16_t port) {
    return {.server = {10, 0, 0, 53},
            .client = {10, 0, 0, 1},
            .client_port = port,
            .of = family::ipv4,
            .protocol = IPPROTO_UDP};
}

message query(std::uint16_t id, std::string_view name, std::uint16_t type = record_type::a) {
    return parsed(builder(id).question(name, type).get());
}

message response(std::uint16_t id, std::string_view name, std::uint8_t code = 0, std::uint16_t type = record_type::a) {
    return parsed(builder(id, static_cast<std::uint16_t>(builder::response | code)).question(name, type).get());
}

struct seen_row {
    std::uint16_t port = 0;
    std::string name;
    std::uint16_t type = 0;
    outcome what;
};

std::vector<seen_row> taken(statistics& from) {
    std::vector<seen_row> rows;
    from.take([&](const statistics_row& row) {
        rows.push_back({row.of.client_port, std::string(row.name), row.type, row.what});
    });
    return rows;
}

TEST(Statistics, sums_latency_by_success_and_failure) {
    statistics stats;
    stats.query(client(1), query(1, "a.test"), second);
    stats.query(client(1), query(2, "a.test"), second);
    stats.query(client(1), query(3, "a.test"), second);
    stats.response(client(1), response(2, "a.test"), second + 5 * microsecond);
    stats.response(client(1), response(1, "A.test"), second + 7 * microsecond);
    stats.response(client(1), response(3, "a.test", no_such_name), second + 11 * microsecond);
    const auto rows = taken(stats);
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].name, "a.test");
    EXPECT_EQ(rows[0].what.success_microseconds, 12u);
    EXPECT_EQ(rows[0].what.failure_microseconds, 11u);
    EXPECT_EQ(rows[0].what.by_response_code[0], 2u);
    EXPECT_EQ(rows[0].what.by_response_code[no_such_name], 1u);
    EXPECT_EQ(rows[0].what.timeouts, 0u);
    EXPECT_EQ(stats.outstanding(), 0u);
    EXPECT_EQ(stats.counts().responses, 3u);
}

TEST(Statistics, tells_endpoints_names_and_types_apart_and_keeps_endpoints_together) {
    statistics stats;
    std::uint16_t id = 0;
    for (const std::uint16_t port : std::initializer_list<std::uint16_t>{7, 5, 7, 5}) {
        for (const char* name : {"a", "b"}) {
            for (const std::uint16_t type : {record_type::a, record_type::aaaa}) {
                stats.query(client(port), query(++id, name, type), second);
                stats.response(client(port), response(id, name, 0, type), second);
            }
        }
    }
    const auto rows = taken(stats);
    ASSERT_EQ(rows.size(), 8u);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        EXPECT_EQ(rows[i].port, rows[i / 4 * 4].port);
        EXPECT_EQ(rows[i].what.by_response_code[0], 2u);
    }
    EXPECT_NE(rows[0].port, rows[4].port);
}

TEST(Statistics, adds_up_until_taken) {
    statistics stats;
    for (std::uint16_t id = 0; id < 3; ++id) {
        stats.query(client(1), query(id, "a"), second);
        stats.response(client(1), response(id, "a"), second);
        stats.for_each([&](const statistics_row& row) { EXPECT_EQ(row.what.by_response_code[0], id + 1u); });
    }
    stats.query(client(1), query(9, "a"), second);
    EXPECT_EQ(taken(stats).size(), 1u);
    EXPECT_TRUE(taken(stats).empty());
    stats.response(client(1), response(9, "a"), second);
    const auto rows = taken(stats);
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].what.by_response_code[0], 1u);
}

TEST(Statistics, keeps_the_first_of_repeated_queries) {
    statistics stats;
    stats.query(client(1), query(1, "a"), second);
    stats.query(client(1), query(1, "a"), second + 40 * microsecond);
    stats.response(client(1), response(1, "a"), second + 50 * microsecond);
    stats.response(client(1), response(1, "a"), second + 60 * microsecond);
    EXPECT_EQ(taken(stats)[0].what.success_microseconds, 50u);
    EXPECT_EQ(stats.counts().repeated_queries, 1u);
    EXPECT_EQ(stats.counts().unmatched, 1u);
}

TEST(Statistics, takes_a_reused_id_after_the_timeout_for_a_new_query) {
    statistics stats;
    stats.query(client(1), query(1, "a"), second);
    stats.query(client(1), query(1, "b"), 20 * second);
    stats.response(client(1), response(1, "b"), 20 * second);
    std::map<std::string, outcome> by_name;
    for (const seen_row& each : taken(stats)) {
        by_name[each.name] = each.what;
    }
    EXPECT_EQ(by_name.at("a").timeouts, 1u);
    EXPECT_EQ(by_name.at("b").by_response_code[0], 1u);
}

TEST(Statistics, does_not_match_a_response_about_something_else) {
    statistics stats;
    stats.query(client(1), query(1, "a"), second);
    stats.response(client(1), response(1, "b"), second);
    stats.response(client(1), response(1, "a", 0, record_type::aaaa), second);
    stats.response(client(2), response(1, "a"), second);
    stats.response(client(1), response(2, "a"), second);
    EXPECT_EQ(stats.counts().unmatched, 4u);
    EXPECT_EQ(stats.outstanding(), 1u);
    EXPECT_EQ(stats.rows(), 0u);
}

TEST(Statistics, counts_what_is_late_as_timeout_once) {
    statistics stats;
    stats.query(client(1), query(1, "a"), second);
    stats.query(client(1), query(2, "a"), second);
    stats.query(client(1), query(3, "a"), 10 * second);
    stats.response(client(1), response(1, "a"), 16 * second);
    stats.sweep(16 * second);
    stats.response(client(1), response(2, "a"), 16 * second);
    EXPECT_EQ(stats.outstanding(), 1u);
    const auto rows = taken(stats);
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].what.timeouts, 2u);
    EXPECT_EQ(rows[0].what.by_response_code[0], 0u);
    EXPECT_EQ(stats.counts().timeouts, 2u);
    EXPECT_EQ(stats.counts().unmatched, 1u);
}

TEST(Statistics, takes_a_response_seen_before_its_query_in_time_for_no_latency) {
    statistics stats;
    stats.query(client(1), query(1, "a"), second + 5);
    stats.response(client(1), response(1, "a"), second);
    EXPECT_EQ(taken(stats)[0].what.success_microseconds, 0u);
}

TEST(Statistics, has_room_for_so_many_queries_and_counts_the_others) {
    statistics stats({.outstanding = 10, .rows = 20});
    for (std::uint16_t id = 0; id < 15; ++id) {
        stats.query(client(1), query(id, std::to_string(id)), second);
    }
    EXPECT_EQ(stats.outstanding(), 10u);
    EXPECT_EQ(stats.counts().dropped_queries, 5u);
    stats.sweep(100 * second);
    EXPECT_EQ(stats.outstanding(), 0u);
    EXPECT_EQ(taken(stats).size(), 10u);
}

TEST(Statistics, has_room_for_so_many_rows_until_taken_and_counts_the_others) {
    statistics stats({.outstanding = 10, .rows = 3});
    const auto ask = [&](std::uint16_t id) {
        stats.query(client(1), query(id, std::to_string(id)), second);
        stats.response(client(1), response(id, std::to_string(id)), second);
    };
    for (std::uint16_t id = 0; id < 5; ++id) {
        ask(id);
    }
    ask(0);
    EXPECT_EQ(stats.counts().dropped_rows, 2u);
    EXPECT_EQ(stats.counts().responses, 6u);
    EXPECT_EQ(taken(stats).size(), 3u);
    ask(4);
    EXPECT_EQ(taken(stats)[0].name, "4");
}

// What was asked is answered, timed out, outstanding or dropped, whatever happens in which order.
TEST(Statistics, loses_no_query) {
    statistics stats({.outstanding = 50, .rows = 1000});
    std::mt19937 random(11);
    std::uint64_t now = second;
    std::uint64_t answered = 0;
    std::uint64_t timeouts = 0;
    for (int round = 0; round < 20'000; ++round) {
        now += random() % (second / 10);
        const auto id = static_cast<std::uint16_t>(random() % 100);
        const std::string name = std::to_string(id % 9);
        if (random() % 3 != 0) {
            stats.query(client(1), query(id, name), now);
        } else {
            stats.response(client(1), response(id, name), now);
        }
        if (round % 500 == 0) {
            stats.sweep(now);
            for (const seen_row& each : taken(stats)) {
                answered += each.what.by_response_code[0];
                timeouts += each.what.timeouts;
            }
        }
    }
    for (const seen_row& each : taken(stats)) {
        answered += each.what.by_response_code[0];
        timeouts += each.what.timeouts;
    }
    const statistics_counts& counts = stats.counts();
    EXPECT_GT(answered, 0u);
    EXPECT_GT(timeouts, 0u);
    EXPECT_GT(counts.repeated_queries, 0u);
    EXPECT_EQ(counts.queries,
              answered + timeouts + stats.outstanding() + counts.repeated_queries + counts.dropped_queries);
}

}  // namespace
}  // namespace sonde::ebpf::dns
