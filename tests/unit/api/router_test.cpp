// SPDX-License-Identifier: Apache-2.0
#include "api/router.hpp"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "api/target.hpp"
#include "fixture.hpp"

namespace sonde::api {
namespace {

handler says(std::string text) {
    return [text = std::move(text)](const request&) {
        response answer;
        answer.body = text;
        return answer;
    };
}

request make(std::string_view target, std::string_view method = "GET") {
    request of;
    EXPECT_TRUE(parse_target(target, of));
    of.method = method;
    return of;
}

response ask(router& all, std::string_view target, std::string_view method = "GET") {
    request of = make(target, method);
    admission admitted = all.admit(of);
    return admitted.permit ? admitted.permit.run(of) : std::move(admitted.refusal);
}

std::string header(const response& of, std::string_view key) {
    for (const auto& [name, value] : of.headers) {
        if (name == key) {
            return value;
        }
    }
    return {};
}

TEST(Router, a_literal_segment_goes_before_a_parameter) {
    router all;
    ASSERT_TRUE(all.add("GET", "/modules/{name}/check", [](const request& of) {
        response answer;
        answer.body = "any " + std::string(of.parameter("name"));
        return answer;
    }));
    ASSERT_TRUE(all.add("GET", "/modules/process/check", says("process")));
    ASSERT_TRUE(all.add("GET", "/", says("root")));
    EXPECT_EQ(ask(all, "/modules/process/check").body, "process");
    EXPECT_EQ(ask(all, "/modules/ebpf/check").body, "any ebpf");
    EXPECT_EQ(ask(all, "/").body, "root");
}

TEST(Router, an_unknown_path_gets_404_with_the_nearest_known_one) {
    router all;
    ASSERT_TRUE(all.add("GET", "/modules/process/check", says("x")));
    const response answer = ask(all, "/modules/proces/check");
    EXPECT_EQ(answer.status, 404);
    EXPECT_NE(answer.body.find("did you mean '/modules/process/check'?"), std::string::npos) << answer.body;
    EXPECT_EQ(ask(all, "/completely/different").body.find("did you mean"), std::string::npos);
}

TEST(Router, a_wrong_method_gets_405_with_the_right_ones) {
    router all;
    ASSERT_TRUE(all.add("POST", "/modules/{name}/restart", says("x")));
    ASSERT_TRUE(all.add("PUT", "/modules/{name}/restart", says("x")));
    const response answer = ask(all, "/modules/p/restart");
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(header(answer, "Allow"), "POST, PUT");
}

TEST(Router, refuses_malformed_and_taken_patterns) {
    router all;
    for (const char* bad : {"", "x", "/a//b", "/a/", "/{}", "/{a", "/a}b", "/x{a}"}) {
        EXPECT_FALSE(all.add("GET", bad, says("x"))) << bad;
    }
    ASSERT_TRUE(all.add("GET", "/a", says("x")));
    EXPECT_FALSE(all.add("GET", "/a", says("y")));
    EXPECT_TRUE(all.add("POST", "/a", says("y")));
}

TEST(Router, a_parameter_in_the_group_gives_each_value_its_own_places) {
    router all;
    ASSERT_TRUE(all.add("GET", "/modules/{name}/{endpoint}", says("x"), {.group = "{name}", .concurrency = 1}));
    ASSERT_TRUE(all.add("GET", "/{name}/check", says("x"), {.group = "{name}", .concurrency = 1}));
    request of_p = make("/modules/p/tree");
    request short_of_p = make("/p/check");
    request of_q = make("/modules/q/tree");
    admission first = all.admit(of_p);
    ASSERT_TRUE(first.permit);
    EXPECT_TRUE(first.permit.is_module());
    EXPECT_EQ(all.admit(short_of_p).refusal.status, 429);
    EXPECT_TRUE(all.admit(of_q).permit);
    first.permit.close();
    EXPECT_TRUE(all.admit(short_of_p).permit);
}

TEST(Router, the_third_request_to_a_group_of_two_gets_429_whatever_its_route) {
    router all;
    const route_limits two{.group = "modules/p", .concurrency = 2};
    ASSERT_TRUE(all.add("GET", "/modules/p/check", says("x"), two));
    ASSERT_TRUE(all.add("GET", "/modules/p/stats", says("x"), two));
    ASSERT_TRUE(all.add("GET", "/modules/q/check", says("x"), {.group = "modules/q", .concurrency = 2}));
    request check = make("/modules/p/check");
    request stats = make("/modules/p/stats");
    admission first = all.admit(check);
    const admission second = all.admit(stats);
    ASSERT_TRUE(first.permit && second.permit);
    const admission third = all.admit(check);
    EXPECT_FALSE(third.permit);
    EXPECT_EQ(third.refusal.status, 429);
    EXPECT_EQ(header(third.refusal, "Retry-After"), "1");
    EXPECT_EQ(ask(all, "/modules/q/check").status, 200);
    first.permit.close();
    EXPECT_TRUE(all.admit(check).permit);
}

TEST(Router, removal_takes_what_is_below_the_prefix_and_nothing_else) {
    router all;
    for (const char* path : {"/modules/p", "/modules/p/check", "/modules/p2/check", "/modules/{name}/check"}) {
        ASSERT_TRUE(all.add("GET", path, says(path)));
    }
    EXPECT_TRUE(all.remove("/modules/p", 0s));
    EXPECT_EQ(all.size(), 2U);
    EXPECT_EQ(ask(all, "/modules/p/check").body, "/modules/{name}/check");
    EXPECT_EQ(ask(all, "/modules/p2/check").body, "/modules/p2/check");
    EXPECT_EQ(ask(all, "/modules/p").status, 404);
}

TEST(Router, removal_waits_for_handlers_in_flight) {
    router all;
    gate slow;
    std::atomic<bool> ended = false;
    ASSERT_TRUE(all.add("GET", "/modules/p/check", [&](const request&) {
        slow.pass();
        ended = true;
        return response{};
    }));
    std::jthread caller([&] { EXPECT_EQ(ask(all, "/modules/p/check").status, 200); });
    ASSERT_TRUE(slow.wait_for_arrivals(1));
    EXPECT_FALSE(all.remove("/modules/p", 1ms)) << "the handler still runs";
    std::jthread opener([&] { slow.open(); });
    EXPECT_TRUE(all.remove("/modules/p", patience)) << "nothing is left to remove";
    caller.join();
    EXPECT_TRUE(ended);
}

TEST(Router, a_handler_and_its_captures_are_gone_when_removal_returns) {
    router all;
    auto captured = std::make_shared<int>(1);
    const std::weak_ptr<int> watched = captured;
    gate slow;
    ASSERT_TRUE(all.add("GET", "/m/x", [&slow, held = std::move(captured)](const request&) {
        slow.pass();
        return response{};
    }));
    std::jthread caller([&] { static_cast<void>(ask(all, "/m/x")); });
    ASSERT_TRUE(slow.wait_for_arrivals(1));
    std::jthread opener([&] { slow.open(); });
    EXPECT_TRUE(all.remove("/m", patience));
    EXPECT_TRUE(watched.expired());
}

TEST(Router, a_module_that_is_down_answers_503_until_it_is_back) {
    router all;
    ASSERT_TRUE(all.add("GET", "/livez", says("x")));
    all.mark_down("/modules/p", "restarting");
    const response down = ask(all, "/modules/p/check");
    EXPECT_EQ(down.status, 503);
    EXPECT_NE(down.body.find("restarting"), std::string::npos);
    EXPECT_EQ(ask(all, "/modules/p2/check").status, 404);
    ASSERT_TRUE(all.add("GET", "/modules/p/check", says("up")));
    EXPECT_EQ(ask(all, "/modules/p/check").body, "up");
    all.clear_down("/modules/p");
    EXPECT_EQ(ask(all, "/modules/p/other").status, 404);
}

TEST(Router, a_ticket_may_outlive_the_router) {
    ticket late;
    {
        router all;
        ASSERT_TRUE(all.add("GET", "/x", says("late"), {.group = "g", .concurrency = 1}));
        request of = make("/x");
        late = all.admit(of).permit;
    }
    EXPECT_EQ(late.run({}).body, "late");
}

}  // namespace
}  // namespace sonde::api
