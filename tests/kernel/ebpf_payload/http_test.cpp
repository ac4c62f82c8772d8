// SPDX-License-Identifier: Apache-2.0
// Requests over real sockets are told once each, and nothing else of them.
#include <cstring>

#include <boost/json.hpp>
#include <bpf/bpf.h>

#include "ebpf_process/kernel_objects.hpp"
#include "live.hpp"
#include "local_http.hpp"

namespace sonde::ebpf::test {
namespace {

TEST_F(Live, each_request_between_two_local_ends_is_told_once) {
    launch({{"protocols", "all"}});
    const local_server server;
    constexpr int connections = 5;
    constexpr int rounds = 20;
    {
        std::list<local_client> clients;
        for (int i = 0; i < connections; ++i) {
            local_client& client = clients.emplace_back(server.port());
            for (int n = 0; n < rounds; ++n) {
                ASSERT_EQ(client.ask("GET", "/orders/" + std::to_string(1000 + n)), 200);
                ASSERT_EQ(client.ask("POST", "/orders", {}, std::string(5000, 'y')), 200);
            }
            ASSERT_EQ(client.ask("GET", "/status/503"), 503);
            ASSERT_EQ(client.ask("GET", "/status/404"), 404);
        }
    }
    const auto told = routes_of(server.port(), connections * (2 * rounds + 2));
    ASSERT_EQ(told.size(), 3u);
    const told_route& reads = told.at("GET /orders/{id}");
    EXPECT_EQ(reads.requests, std::uint64_t{connections} * rounds);
    EXPECT_EQ(reads.role, v1::CONNECTION_ROLE_CLIENT);
    EXPECT_EQ(reads.client_errors + reads.server_errors, 0u);
    EXPECT_GT(reads.duration_sum, reads.requests * 1000) << "a thousand nanoseconds are too few for two sockets";
    EXPECT_EQ(told.at("POST /orders").requests, std::uint64_t{connections} * rounds);
    const told_route& failures = told.at("GET /status/{id}");
    EXPECT_EQ(failures.client_errors, std::uint64_t{connections});
    EXPECT_EQ(failures.server_errors, std::uint64_t{connections});
    EXPECT_THAT(failures.statuses,
                ::testing::ElementsAre(::testing::Pair(404, connections), ::testing::Pair(503, connections)));
    const auto kinds = wait_protocols_of(server.port(), "http/1", 2 * connections);
    EXPECT_THAT(kinds, ::testing::Contains(::testing::Pair(::testing::_, "http/1")).Times(2 * connections));
}

TEST_F(Live, the_trace_that_a_request_names_is_told_as_it_was_named) {
    launch({{"protocols", "http/1"}});
    const local_server server;
    local_client client(server.port());
    // The example of W3C Trace Context, section 3.2.3.
    ASSERT_EQ(client.ask("GET", "/traced", "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"),
              200);
    ASSERT_EQ(client.ask("GET", "/untraced"), 200);
    const auto told = routes_of(server.port(), 2);
    ASSERT_EQ(told.size(), 2u);
    EXPECT_FALSE(told.at("GET /untraced").traced);
    const auto& traced = told.at("GET /traced").traced;
    ASSERT_TRUE(traced);
    EXPECT_EQ(traced->trace_id(), "\x4b\xf9\x2f\x35\x77\xb3\x4d\xa6\xa3\xce\x92\x9d\x0e\x0e\x47\x36");
    EXPECT_EQ(traced->span_id(), std::string("\x00\xf0\x67\xaa\x0b\xa9\x02\xb7", 8));
    EXPECT_EQ(traced->trace_flags(), 1u);
    EXPECT_EQ(traced->status_code(), 200u);
    EXPECT_GT(traced->duration(), 0u);
}

TEST_F(Live, the_page_of_routes_has_the_same_numbers) {
    launch({{"protocols", "http/1"}});
    const local_server server("::1");
    local_client client(server.port(), "::1");
    for (int i = 0; i < 10; ++i) {
        ASSERT_EQ(client.ask("GET", i == 0 ? "/status/500" : "/page"), i == 0 ? 500 : 200);
    }
    ASSERT_EQ(routes_of(server.port(), 10).size(), 2u);
    const auto page = driver.ask("http");
    ASSERT_TRUE(page) << page.error().message();
    std::int64_t requests = 0;
    std::int64_t errors = 0;
    const auto parsed = boost::json::parse(*page);
    for (const auto& each : parsed.at("routes").as_array()) {
        if (each.at("server_port").as_int64() == server.port()) {
            EXPECT_EQ(each.at("server_address").as_string(), "::1");
            requests += each.at("requests").as_int64();
            errors += each.at("server_errors").as_int64();
        }
    }
    EXPECT_EQ(requests, 10);
    EXPECT_EQ(errors, 1);
}

TEST_F(Live, a_connection_that_was_there_before_is_told_from_then_on) {
    const local_server server;
    local_client client(server.port());
    ASSERT_EQ(client.ask("GET", "/early"), 200);
    launch({{"protocols", "http/1"}});
    for (int i = 0; i < 7; ++i) {
        ASSERT_EQ(client.ask("GET", "/late"), 200);
    }
    const auto told = routes_of(server.port(), 7);
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told.at("GET /late").requests, 7u);
    EXPECT_EQ(told.at("GET /late").role, v1::CONNECTION_ROLE_CLIENT);
}

TEST_F(Live, what_is_over_the_budget_is_counted_and_not_told) {
    launch({{"protocols", "http/1"}, {"protocol_captures", "1"}});
    const local_server server;
    local_client client(server.port());
    for (int i = 0; i < 50; ++i) {
        ASSERT_EQ(client.ask("GET", "/page"), 200);
    }
    const auto deadline = std::chrono::steady_clock::now() + patience;
    const auto lost = [&] {
        return host.metrics.value("ebpf.losses", {{"kind", "payload"}, {"reason", "rate_limited"}});
    };
    while (lost() < 90 && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(20ms);
    }
    EXPECT_GE(lost(), 90);
}

TEST_F(Live, no_secret_leaves_in_any_event) {
    launch({{"protocols", "all"}});
    const std::string canary = "c4n4ry";
    const local_server server;
    local_client client(server.port());
    ASSERT_EQ(client.ask("POST", "/login?token=" + canary,
                         "Authorization: " + canary + "\r\nCookie: " + canary + "\r\n", canary),
              200);
    ASSERT_EQ(routes_of(server.port(), 1).size(), 1u);
    const auto page = driver.ask("http");
    ASSERT_TRUE(page);
    EXPECT_THAT(*page, ::testing::HasSubstr("/login"));
    EXPECT_THAT(*page, ::testing::Not(::testing::HasSubstr(canary)));
    for (const std::string& topic : host.lane.topics()) {
        for (const auto& record : host.lane.envelopes(topic)) {
            const std::string data(record.data.begin(), record.data.end());
            EXPECT_THAT(data, ::testing::Not(::testing::HasSubstr(canary))) << topic;
        }
    }
}

std::vector<std::string> loaded_programs() {
    std::vector<std::string> names;
    for (const std::uint32_t id : objects_of(::getpid()).programs) {
        const int fd = ::bpf_prog_get_fd_by_id(id);
        bpf_prog_info info{};
        std::uint32_t size = sizeof info;
        if (fd >= 0 && ::bpf_obj_get_info_by_fd(fd, &info, &size) == 0) {
            names.emplace_back(info.name);
        }
        ::close(fd);
    }
    return names;
}

TEST_F(Live, unless_asked_for_connections_are_told_without_what_they_say) {
    launch({});
    const auto programs = loaded_programs();
    EXPECT_THAT(programs, ::testing::Contains(::testing::HasSubstr("tcp_state")));
    EXPECT_THAT(programs, ::testing::Not(::testing::Contains(::testing::HasSubstr("payload"))));
    const local_server server;
    local_client client(server.port());
    ASSERT_EQ(client.ask("GET", "/page"), 200);
    const auto kinds = wait_protocols_of(server.port(), "", 2);
    EXPECT_EQ(kinds.size(), 2u);
    EXPECT_THAT(kinds, ::testing::Each(::testing::Pair(::testing::_, "")));
    EXPECT_THAT(host.lane.topics(), ::testing::Not(::testing::Contains(payload::http_topic)));
    EXPECT_FALSE(driver.ask("http"));
}

TEST_F(Live, sampling_leaves_connections_out_whole) {
    launch({{"protocols", "http/1"}, {"protocol_sampling", "50"}});
    const local_server server;
    constexpr int connections = 200;
    for (int i = 0; i < connections; ++i) {
        local_client client(server.port());
        ASSERT_EQ(client.ask("GET", "/a"), 200);
        ASSERT_EQ(client.ask("GET", "/b"), 200);
    }
    const auto told = routes_of(server.port(), 2 * connections * 3 / 10);
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(told.at("GET /a").requests, told.at("GET /b").requests);
    EXPECT_GT(told.at("GET /a").requests, std::uint64_t{connections} * 3 / 10);
    EXPECT_LT(told.at("GET /a").requests, std::uint64_t{connections} * 7 / 10);
}

}  // namespace
}  // namespace sonde::ebpf::test
