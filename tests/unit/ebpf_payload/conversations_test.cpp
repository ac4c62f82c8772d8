// SPDX-License-Identifier: Apache-2.0
#include "ebpf/payload/conversations.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sample.hpp"

namespace sonde::ebpf::payload {
namespace {

using connection::role;
using protocol::kind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view get = "GET /orders/17?token=x HTTP/1.1\r\nHost: a\r\n\r\n";

conversation_settings small() {
    conversation_settings made;
    made.most = 4;
    made.wanted.set();
    made.wanted.reset(static_cast<std::size_t>(kind::amqp));
    made.patience = 1000;
    made.last_patience = 100;
    return made;
}

struct Conversations : ::testing::Test {
    std::vector<std::string> told() {
        std::vector<std::string> all;
        of.statistics().take([&](const http_row& row) {
            all.push_back(std::string(protocol::name(row.method)) + " " + std::string(row.route) + " " +
                          std::to_string(row.sums->requests) +
                          (row.of.seen_by == role::client ? " client" : " server"));
        });
        return all;
    }
    [[nodiscard]] std::uint64_t found(kind what) const { return of.counts().by_kind[static_cast<std::size_t>(what)]; }

    connection_kinds kinds{100};
    std::vector<std::uint64_t> refused;
    conversations of{small(), &kinds, [this](std::uint64_t cookie) { refused.push_back(cookie); }};
};

TEST_F(Conversations, follow_http_from_request_to_response) {
    end_of end(1, role::client);
    for (std::uint64_t i = 0; i < 5; ++i) {
        of.take(end.request(get, 10 * i));
        of.take(end.response(ok, 10 * i + 3));
    }
    of.statistics().for_each([](const http_row& row) {
        EXPECT_EQ(row.sums->duration_sum, 15u);
        EXPECT_EQ(row.of.server, at(2, 80));
        EXPECT_EQ(row.of.network_namespace, 7u);
    });
    EXPECT_THAT(told(), ElementsAre("GET /orders/{id} 5 client"));
    EXPECT_EQ(kinds.find(end.end(0).ends), kind::http1);
    EXPECT_THAT(refused, IsEmpty());
}

TEST_F(Conversations, count_a_segment_once_that_was_sent_again) {
    end_of end(1, role::client);
    const segment request = end.request(get);
    of.take(request);
    of.take(request);
    of.take(end.response(ok));
    EXPECT_THAT(told(), ElementsAre("GET /orders/{id} 1 client"));
    EXPECT_EQ(of.counts().repeated, 1u);
    EXPECT_EQ(of.exchanges().requests, 1u);
}

TEST_F(Conversations, pass_over_bodies_that_nobody_captured) {
    end_of end(1, role::server);
    of.take(end.request("POST /a HTTP/1.1\r\nContent-Length: 5000\r\n\r\n"));
    end.skip(true, 5000);
    of.take(end.response("HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n"));
    end.skip(false, 9000);
    of.take(end.request(get));
    of.take(end.response(ok));
    EXPECT_THAT(told(), ::testing::UnorderedElementsAre("POST /a 1 server", "GET /orders/{id} 1 server"));
    EXPECT_EQ(of.exchanges().lost_heads, 0u);
}

TEST_F(Conversations, of_both_ends_the_client_counts) {
    end_of client(1, role::client);
    end_of server(2, role::server);
    for (int i = 0; i < 3; ++i) {
        of.take(client.request(get));
        of.take(server.request(get));
        of.take(server.response(ok));
        of.take(client.response(ok));
    }
    EXPECT_THAT(told(), ElementsAre("GET /orders/{id} 3 client"));
    EXPECT_EQ(of.counts().second_ends, 1u);
    EXPECT_THAT(refused, ElementsAre(2));
    EXPECT_EQ(kinds.find(server.end(0).ends), kind::http1);
}

TEST_F(Conversations, the_client_takes_over_when_its_first_segment_was_lost) {
    end_of client(1, role::client);
    end_of server(2, role::server);
    static_cast<void>(client.request(get));
    of.take(server.request(get));
    of.take(server.response(ok));
    of.take(client.request(get));
    of.take(client.response(ok));
    EXPECT_THAT(refused, ElementsAre(2));
    EXPECT_EQ(of.size(), 1u);
    EXPECT_THAT(told(), ::testing::UnorderedElementsAre("GET /orders/{id} 1 server", "GET /orders/{id} 1 client"));
}

TEST_F(Conversations, other_protocols_are_named_and_left) {
    end_of redis(1, role::client);
    of.take(redis.request("*1\r\n$4\r\nPING\r\n"));
    of.take(redis.response("+PONG\r\n"));
    end_of noise(2, role::client, 40001);
    for (unsigned i = 0; i < opening::most_segments; ++i) {
        of.take(noise.request("\xff"));
    }
    EXPECT_EQ(kinds.find(redis.end(0).ends), kind::redis);
    EXPECT_EQ(found(kind::redis), 1u);
    EXPECT_EQ(found(kind::unknown), 1u);
    EXPECT_EQ(of.size(), 0u);
    EXPECT_THAT(refused, ElementsAre(1, 2));
}

TEST_F(Conversations, protocols_that_nobody_asked_for_are_not_told) {
    end_of end(1, role::client);
    of.take(end.request(std::string_view("AMQP\0\0\x09\x01", 8)));
    EXPECT_EQ(found(kind::amqp), 1u);
    EXPECT_EQ(kinds.find(end.end(0).ends), kind::unknown);
    EXPECT_THAT(refused, ElementsAre(1));
}

TEST_F(Conversations, an_older_connection_is_followed_from_where_it_is) {
    end_of end(1, role::client, 40000, false);
    of.take(end.response(ok));
    of.take(end.request(get));
    of.take(end.response(ok));
    EXPECT_THAT(told(), ElementsAre("GET /orders/{id} 1 client"));
    EXPECT_EQ(of.exchanges().unmatched_responses, 1u);
}

TEST_F(Conversations, a_connection_beyond_the_limit_is_counted) {
    for (std::uint64_t i = 0; i < 6; ++i) {
        end_of end(i, role::client, static_cast<std::uint16_t>(40000 + i));
        of.take(end.request(get));
    }
    EXPECT_EQ(of.size(), 4u);
    EXPECT_EQ(of.counts().table_full, 2u);
}

TEST_F(Conversations, end_when_an_end_is_told_and_nothing_is_awaited) {
    end_of done(1, role::client);
    of.take(done.request(get, 1));
    of.take(done.response(ok, 2));
    of.take(done.end(3));
    end_of waiting(2, role::client, 40001);
    of.take(waiting.request(get, 1));
    of.take(waiting.end(3));
    of.sweep(4);
    EXPECT_EQ(of.size(), 1u);
    of.sweep(200);
    EXPECT_EQ(of.size(), 0u);
    EXPECT_EQ(of.counts().unanswered, 1u);
    of.take(done.end(300));
    EXPECT_EQ(of.size(), 0u);
}

TEST_F(Conversations, a_silent_connection_is_let_go_and_taken_up_again) {
    end_of end(1, role::client);
    of.take(end.request(get, 1));
    of.take(end.response(ok, 2));
    of.sweep(5000);
    EXPECT_EQ(of.size(), 0u);
    of.take(end.request(get, 6000));
    of.take(end.response(ok, 6002));
    EXPECT_THAT(told(), ElementsAre("GET /orders/{id} 2 client"));
}

TEST_F(Conversations, nothing_more_is_wanted_of_a_tunnel) {
    end_of end(1, role::client);
    of.take(end.request("GET /chat HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"));
    of.take(end.response("HTTP/1.1 101 Switching Protocols\r\n\r\n"));
    EXPECT_THAT(refused, ElementsAre(1));
    EXPECT_EQ(of.size(), 0u);
    EXPECT_THAT(told(), ElementsAre("GET /chat 1 client"));
}

}  // namespace
}  // namespace sonde::ebpf::payload
