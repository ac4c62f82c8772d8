// SPDX-License-Identifier: Apache-2.0
#include "ebpf/protocol/exchange.hpp"

#include <gtest/gtest.h>

#include "sample.hpp"

namespace sonde::ebpf::protocol {
namespace {

constexpr std::uint64_t service = 1;

struct ended {
    std::string_view what;
    std::string route;
    int status = 0;
    std::uint64_t latency = 0;

    bool operator==(const ended&) const = default;
};

void PrintTo(const ended& of, std::ostream* out) {
    *out << of.what << ' ' << of.route << ' ' << of.status << ' ' << of.latency;
}

class conversation final {
public:
    void client(std::string_view text, std::uint64_t time = 0, std::size_t full_size = 0) {
        of.from_client({text, full_size, time}, routes, counts);
    }
    void server(std::string_view text, std::uint64_t time = 0, std::size_t full_size = 0) {
        for (const exchange& each : of.from_server({text, full_size, time}, counts)) {
            all.push_back({name(each.what), std::string(routes.text(service, each.route)), each.status, each.latency});
        }
    }
    [[nodiscard]] std::uint64_t refused(head_refusal why) const {
        return counts.refused[static_cast<std::size_t>(why)];
    }

    route_table routes;
    exchange_counts counts;
    http_connection of{service};
    std::vector<ended> all;
};

using list = std::vector<ended>;

TEST(Exchange, matches_what_curl_and_nginx_said) {
    conversation heard;
    const auto client = captured("http1_client");
    const auto server = captured("http1_server");
    heard.client(text_of(client), 100);
    heard.server(text_of(server), 350);
    EXPECT_EQ(heard.all, (list{{"GET", "/orders/{id}", 200, 250}, {"GET", "/missing/item", 404, 250}}));
}

TEST(Exchange, matches_pipelined_requests_in_order) {
    conversation heard;
    heard.client("GET /a HTTP/1.1\r\n\r\nPOST /b HTTP/1.1\r\nContent-Length: 3\r\n\r\nxyzGET /c HTTP/1.1\r\n\r\n", 10);
    heard.server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", 15);
    heard.server("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 18);
    EXPECT_EQ(heard.all, (list{{"GET", "/a", 200, 5}, {"POST", "/b", 201, 5}, {"GET", "/c", 404, 8}}));
}

TEST(Exchange, passes_over_bodies_that_were_not_captured) {
    conversation heard;
    constexpr std::string_view post = "POST /b HTTP/1.1\r\nContent-Length: 5000\r\n\r\n";
    heard.client(post, 1, post.size() + 2000);
    heard.client("GET /inside HTTP/1.1\r\n\r\n", 2, 3000);
    heard.client("GET /c HTTP/1.1\r\n\r\n", 3);
    heard.server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 4);
    heard.server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 5);
    EXPECT_EQ(heard.all, (list{{"POST", "/b", 200, 3}, {"GET", "/c", 200, 2}}));
}

TEST(Exchange, finds_the_next_head_after_a_body_of_unknown_length) {
    conversation heard;
    heard.client("GET /a HTTP/1.1\r\n\r\n", 1);
    heard.server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", 2);
    heard.server("0\r\n\r\n", 3);
    heard.client("GET /b HTTP/1.1\r\n\r\n", 4);
    heard.server("HTTP/1.1 204 No Content\r\n\r\n", 6);
    EXPECT_EQ(heard.all, (list{{"GET", "/a", 200, 1}, {"GET", "/b", 204, 2}}));
    EXPECT_EQ(heard.refused(head_refusal::bad_version), 0u);
}

// RFC 9112 section 6.3: no body, whatever the length says.
TEST(Exchange, knows_responses_without_a_body) {
    conversation heard;
    heard.client("HEAD /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\nGET /c HTTP/1.1\r\n\r\n");
    heard.server("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"
                 "HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n"
                 "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(heard.all, (list{{"HEAD", "/a", 200, 0}, {"GET", "/b", 304, 0}, {"GET", "/c", 200, 0}}));
}

TEST(Exchange, ends_when_the_connection_becomes_something_else) {
    conversation upgraded;
    upgraded.client("GET /socket HTTP/1.1\r\nUpgrade: websocket\r\n\r\n");
    upgraded.server("HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x05hello");
    EXPECT_TRUE(upgraded.of.is_over());
    EXPECT_EQ(upgraded.all, (list{{"GET", "/socket", 101, 0}}));
    upgraded.client("\x81\x05hello");
    EXPECT_EQ(upgraded.refused(head_refusal::bad_method), 0u);

    conversation tunnel;
    tunnel.client("CONNECT example.test:443 HTTP/1.1\r\n\r\n");
    tunnel.server("HTTP/1.1 200 OK\r\n\r\n");
    EXPECT_TRUE(tunnel.of.is_over());
    EXPECT_EQ(tunnel.all, (list{{"CONNECT", "{authority}", 200, 0}}));
}

TEST(Exchange, keeps_the_place_of_a_request_whose_line_is_cut) {
    conversation heard;
    heard.client("GET /a HTTP/1.1\r\n\r\n", 1);
    heard.client("GET /very/long", 2, 5000);
    heard.client("GET /c HTTP/1.1\r\n\r\n", 3);
    for (std::uint64_t time = 4; time < 7; ++time) {
        heard.server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", time);
    }
    EXPECT_EQ(heard.all, (list{{"GET", "/a", 200, 3}, {"GET", "{other}", 200, 3}, {"GET", "/c", 200, 3}}));
    EXPECT_EQ(heard.refused(head_refusal::cut), 1u);
}

TEST(Exchange, counts_responses_without_a_request) {
    conversation heard;
    heard.server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    EXPECT_TRUE(heard.all.empty());
    EXPECT_EQ(heard.counts.unmatched_responses, 1u);
}

TEST(Exchange, drops_requests_beyond_its_room_with_their_responses) {
    conversation heard;
    constexpr std::size_t sent = http_connection::most_outstanding + 3;
    for (std::size_t i = 0; i < sent; ++i) {
        heard.client("GET /a HTTP/1.1\r\n\r\n", i);
    }
    EXPECT_EQ(heard.counts.dropped_requests, 3u);
    for (std::size_t i = 0; i < sent; ++i) {
        heard.server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 100 + i);
    }
    EXPECT_EQ(heard.all.size(), http_connection::most_outstanding);
    EXPECT_EQ(heard.counts.unmatched_responses, 3u);
    for (const ended& each : heard.all) {
        EXPECT_EQ(each.latency, 100u);
    }
    heard.client("GET /b HTTP/1.1\r\n\r\n", 200);
    heard.server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 207);
    EXPECT_EQ(heard.all.back(), (ended{"GET", "/b", 200, 7}));
}

TEST(Exchange, counts_malformed_bytes_and_goes_on_with_the_next_payload) {
    conversation heard;
    heard.client("garbage");
    heard.client("more garbage");
    heard.client("GET /a HTTP/1.1\r\n\r\n");
    heard.server("garbage");
    heard.server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(heard.refused(head_refusal::bad_method), 1u);
    EXPECT_EQ(heard.refused(head_refusal::bad_version), 1u);
    EXPECT_EQ(heard.all.size(), 1u);
}

TEST(Exchange, counts_heads_that_lie_beyond_the_prefix) {
    conversation heard;
    constexpr std::string_view post = "POST /b HTTP/1.1\r\nContent-Length: 10\r\n\r\n";
    heard.client(post, 1, post.size() + 10 + 100);
    EXPECT_EQ(heard.counts.lost_heads, 1u);
    EXPECT_EQ(heard.counts.requests, 1u);
}

}  // namespace
}  // namespace sonde::ebpf::protocol
