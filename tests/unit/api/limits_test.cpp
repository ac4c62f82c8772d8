// SPDX-License-Identifier: Apache-2.0
// What a client that misbehaves costs, and that others do not notice it.
#include <random>
#include <thread>

#include "fixture.hpp"

namespace sonde::api {
namespace {

using Limits = Served;

TEST_F(Limits, two_slow_handlers_of_a_module_get_the_third_429_while_others_answer) {
    gate slow;
    const route_limits two{.group = "modules/p", .concurrency = 2};
    route(
        "/modules/p/check",
        [&](const request&) {
            slow.pass();
            return response{};
        },
        two);
    route_text("/livez", "alive");
    route("/modules/q/check", [](const request&) { return response{}; }, {.group = "modules/q", .concurrency = 2});
    serve();
    std::jthread first([&] { EXPECT_EQ(get("/modules/p/check").status, 200); });
    std::jthread second([&] { EXPECT_EQ(get("/modules/p/check").status, 200); });
    ASSERT_TRUE(slow.wait_for_arrivals(2));
    EXPECT_EQ(get("/modules/p/check").status, 429);
    EXPECT_EQ(get("/livez").status, 200);
    EXPECT_EQ(get("/modules/q/check").status, 200);
    slow.open();
}

TEST_F(Limits, modules_that_hang_in_every_worker_but_one_leave_the_host_pages_answering) {
    settings_.workers = 3;
    gate slow;
    for (const char* path : {"/modules/a/x", "/modules/b/x", "/modules/c/x"}) {
        route(path,
              [&](const request&) {
                  slow.pass();
                  return response{};
              },
              {.group = path, .concurrency = 2});
    }
    route_text("/livez", "alive");
    serve();
    std::jthread first([&] { EXPECT_EQ(get("/modules/a/x").status, 200); });
    std::jthread second([&] { EXPECT_EQ(get("/modules/b/x").status, 200); });
    ASSERT_TRUE(slow.wait_for_arrivals(2));
    EXPECT_EQ(get("/modules/c/x").status, 503);
    EXPECT_EQ(get("/livez").status, 200);
    slow.open();
}

TEST_F(Limits, a_connection_too_many_is_told_so_and_closed) {
    settings_.max_connections = 2;
    route_text("/livez", "alive");
    serve();
    const raw_client first(settings_.socket);
    raw_client second(settings_.socket);
    ASSERT_TRUE(eventually([&] { return metric("sonde.api.connections") == 2; }));
    const raw_client third(settings_.socket);
    EXPECT_TRUE(third.read_to_end().starts_with("HTTP/1.1 503 "));
    EXPECT_EQ(dropped("too_many_connections"), 1);
    second.close();
    ASSERT_TRUE(eventually([&] { return metric("sonde.api.connections") == 1; }));
    EXPECT_EQ(get("/livez").status, 200);
}

TEST_F(Limits, a_header_or_body_beyond_the_limit_is_refused) {
    settings_.header_limit = 256;
    settings_.request_limit = 100;
    route("/x", [](const request&) { return response{}; }, {}, "POST");
    serve();
    const raw_client header(settings_.socket);
    ASSERT_TRUE(header.send("GET /x HTTP/1.1\r\nHost: h\r\nX: " + std::string(300, 'a') + "\r\n\r\n"));
    EXPECT_TRUE(header.read_to_end().starts_with("HTTP/1.1 431 "));
    const auto body = make_client().post("/x", std::string(101, 'b'));
    ASSERT_TRUE(body) << body.error().message();
    EXPECT_EQ(body->status, 413);
    EXPECT_EQ(make_client().post("/x", std::string(100, 'b'))->status, 200);
}

TEST_F(Limits, a_client_that_sends_far_too_much_still_reads_why) {
    settings_.request_limit = 100;
    route("/x", [](const request&) { return response{}; }, {}, "POST");
    serve();
    const auto got = make_client().post("/x", std::string(512u << 10, 'b'));
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_EQ(got->status, 413);
}

TEST_F(Limits, a_client_that_says_nothing_is_dropped) {
    settings_.request_timeout = 20ms;
    serve();
    const raw_client silent(settings_.socket);
    EXPECT_EQ(silent.read_to_end(), "");
    EXPECT_EQ(dropped("slow_sender"), 1);
}

TEST_F(Limits, a_client_that_drips_its_request_is_told_and_dropped) {
    settings_.request_timeout = 50ms;
    serve();
    const raw_client slow(settings_.socket);
    ASSERT_TRUE(slow.send("GET / HTTP/1.1\r\n"));
    std::jthread drip([&](const std::stop_token& stop) {
        while (!stop.stop_requested() && slow.send("X: y\r\n")) {
            ::poll(nullptr, 0, 5);
        }
    });
    EXPECT_TRUE(slow.read_to_end().starts_with("HTTP/1.1 408 "));
    EXPECT_EQ(dropped("slow_sender"), 1);
}

TEST_F(Limits, an_idle_connection_is_closed_without_complaint) {
    settings_.idle_timeout = 20ms;
    route_text("/livez", "alive");
    serve();
    const raw_client one(settings_.socket);
    ASSERT_TRUE(one.send("GET /livez HTTP/1.1\r\nHost: h\r\n\r\n"));
    EXPECT_TRUE(one.read_to_end().ends_with("alive"));
    EXPECT_EQ(dropped("slow_sender"), 0);
}

TEST_F(Limits, a_client_that_never_reads_its_answer_is_dropped) {
    settings_.request_timeout = 200ms;
    route_text("/big", std::string(2u << 20, 'x'));
    serve();
    const raw_client deaf(settings_.socket);
    ASSERT_TRUE(deaf.send("GET /big HTTP/1.1\r\nHost: h\r\n\r\n"));
    EXPECT_TRUE(eventually([&] { return dropped("slow_reader") == 1; }));
    EXPECT_TRUE(eventually([&] { return metric("sonde.api.connections") == 0; }));
}

TEST_F(Limits, answers_on_their_way_have_a_common_budget) {
    settings_.outstanding_limit = 10u << 20;
    route_text("/big", std::string(8u << 20, 'x'));
    serve();
    raw_client deaf(settings_.socket);
    ASSERT_TRUE(deaf.send("GET /big HTTP/1.1\r\nHost: h\r\n\r\n"));
    ASSERT_TRUE(eventually([&] { return metric("sonde.api.requests", {{"route", "/big"}, {"status", "2xx"}}) == 1; }));
    EXPECT_EQ(get("/big").status, 503);
    deaf.close();
    ASSERT_TRUE(eventually([&] { return dropped("peer_gone") == 1; }));
    EXPECT_EQ(get("/big").body.size(), 8u << 20);
}

TEST_F(Limits, a_handler_that_is_too_slow_costs_504_and_its_late_answer_is_forgotten) {
    settings_.request_timeout = 100ms;
    gate slow;
    route("/x", [&](const request& of) {
        EXPECT_GT(of.deadline, std::chrono::steady_clock::time_point{});
        slow.pass();
        return response{};
    });
    serve();
    EXPECT_EQ(get("/x").status, 504);
    slow.open();
    EXPECT_TRUE(routes_.remove("/x", patience));
    EXPECT_EQ(get("/x").status, 404);
}

TEST_F(Limits, an_answer_beyond_the_limit_is_replaced) {
    settings_.response_limit = 10;
    route_text("/ten", "0123456789");
    route_text("/eleven", "0123456789a");
    serve();
    EXPECT_EQ(get("/ten").status, 200);
    const answer got = get("/eleven");
    EXPECT_EQ(got.status, 500);
    EXPECT_NE(got.body.find("response_too_large"), std::string::npos);
}

TEST_F(Limits, garbage_is_refused_and_others_are_served) {
    settings_.request_timeout = 50ms;
    route_text("/livez", "alive");
    serve();
    std::mt19937 random(4711);
    for (int i = 0; i < 50; ++i) {
        std::string rubbish(1 + random() % 300, '\0');
        for (char& c : rubbish) {
            c = static_cast<char>(random());
        }
        const raw_client one(settings_.socket);
        static_cast<void>(one.send(rubbish + "\r\n\r\n"));
        EXPECT_FALSE(one.read_to_end().starts_with("HTTP/1.1 2"));
    }
    EXPECT_EQ(get("/livez").status, 200);
    EXPECT_GT(dropped("malformed"), 0);
    EXPECT_TRUE(eventually([&] { return metric("sonde.api.connections") == 0; }));
}

TEST_F(Limits, a_client_that_leaves_in_the_middle_of_its_request_is_counted) {
    serve();
    raw_client one(settings_.socket);
    ASSERT_TRUE(one.send("GET /livez HT"));
    one.close();
    EXPECT_TRUE(eventually([&] { return dropped("cut_short") == 1; }));
}

}  // namespace
}  // namespace sonde::api
