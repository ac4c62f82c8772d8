// SPDX-License-Identifier: Apache-2.0
#include "prometheus/poller.hpp"

#include "kit.hpp"

namespace sonde::prometheus {
namespace {

using namespace std::chrono_literals;
using common::http::failure;

struct fake_subject final : subject {
    const std::string& name() const noexcept override { return own_name; }
    std::optional<common::http::request> ask(std::chrono::nanoseconds) override {
        return has_question ? std::optional(common::http::request{.url = "http://server/"}) : std::nullopt;
    }
    verdict take(const attempt& of, const common::http::response_head&, std::string& body) override {
        taken.push_back(body);
        latest = of;
        return says;
    }
    void miss(const attempt& of, verdict& how, std::string& body) override {
        missed.push_back(how);
        latest = of;
        seen = body;
    }
    std::string own_name = "load";
    bool has_question = true;
    verdict says{trouble::none, {}, 3};
    std::vector<std::string> taken;
    std::vector<verdict> missed;
    std::string seen;
    attempt latest;
};

class Poller : public kit {
protected:
    std::int64_t metric(std::string_view name) const { return host.metrics.value(name, {{"kind", "query"}}); }
    std::int64_t failures(std::string_view reason) const {
        return host.metrics.value("prometheus.failures", {{"kind", "query"}, {"reason", reason}});
    }
    bool turn() { return poll.turn(carrier, true, true); }
    void answer_with(int status, std::string_view body = {}) {
        ASSERT_TRUE(turn());
        carrier.answer(status, body);
    }

    fake_carrier carrier;
    fake_subject what;
    poller poll{host.host(), counted.query, nullptr, what, schedule(host.clock.monotonic(), 10s, {1s, 4s, 1}), 1234};
};

TEST_F(Poller, asks_once_a_tick_and_hands_the_answer_on) {
    EXPECT_FALSE(poll.state().has_ended);
    ASSERT_TRUE(turn());
    EXPECT_TRUE(poll.is_running());
    EXPECT_EQ(carrier.requests[0].what.body_limit, 1234U);
    host.clock.advance(2s);
    carrier.answer(200, "body");
    EXPECT_THAT(what.taken, ::testing::ElementsAre("body"));
    EXPECT_EQ(what.latest.took, 2s);
    EXPECT_EQ(what.latest.began, testing::fake_clock::first_wall);
    EXPECT_TRUE(what.latest.is_tick);
    EXPECT_FALSE(poll.is_running());
    EXPECT_EQ(poll.state().last.samples, 3U);
    EXPECT_FALSE(turn()) << "not before the next tick";
    host.clock.advance(8s);
    EXPECT_TRUE(turn());
    EXPECT_EQ(metric("prometheus.requests"), 2);
    EXPECT_EQ(metric("prometheus.bytes"), 4);
}

TEST_F(Poller, counts_ticks_during_a_request_as_missed) {
    ASSERT_TRUE(turn());
    host.clock.advance(25s);
    EXPECT_FALSE(turn());
    EXPECT_EQ(carrier.requests.size(), 1U);
    EXPECT_EQ(metric("prometheus.missed"), 2);
}

TEST_F(Poller, waits_for_its_turn_and_leaves_out_what_nobody_wants) {
    EXPECT_FALSE(poll.turn(carrier, false, true));
    EXPECT_TRUE(poll.turn(carrier, true, true));
    carrier.answer(200);
    host.clock.advance(10s);
    EXPECT_FALSE(poll.turn(carrier, true, false));
    EXPECT_FALSE(turn());
    EXPECT_EQ(metric("prometheus.missed"), 0);
    what.has_question = false;
    host.clock.advance(10s);
    EXPECT_FALSE(turn());
    EXPECT_EQ(carrier.requests.size(), 1U);
}

TEST_F(Poller, counts_a_timeout_and_tries_again_soon) {
    ASSERT_TRUE(turn());
    carrier.fail(failure::timeout, "Operation timed out after 1001 milliseconds");
    EXPECT_EQ(failures("timeout"), 1);
    ASSERT_EQ(what.missed.size(), 1U);
    EXPECT_EQ(what.missed[0].why, trouble::timeout);
    EXPECT_EQ(poll.state().last.text, "there was no complete answer in time");
    host.clock.advance(1s);
    EXPECT_TRUE(turn());
    EXPECT_EQ(metric("prometheus.retries"), 1);
    carrier.answer(200, "late");
    EXPECT_FALSE(what.latest.is_tick);
    EXPECT_EQ(poll.state().last.why, trouble::none);
}

TEST_F(Poller, tells_troubles_apart_by_status) {
    const std::pair<int, trouble> all[] = {{401, trouble::unauthorized}, {403, trouble::unauthorized},
                                           {404, trouble::not_found},    {301, trouble::redirected},
                                           {400, trouble::bad_query},    {422, trouble::bad_query},
                                           {500, trouble::server_error}, {503, trouble::server_error},
                                           {429, trouble::server_error}, {204, trouble::server_error}};
    for (const auto& [status, why] : all) {
        answer_with(status, "words");
        EXPECT_EQ(poll.state().last.why, why) << status;
        EXPECT_EQ(what.seen, "words");
        host.clock.advance(10s);
    }
    EXPECT_TRUE(what.taken.empty());
    EXPECT_EQ(failures("server_error"), 4);
    EXPECT_EQ(failures("unauthorized"), 2);
}

TEST_F(Poller, tells_troubles_apart_by_failure) {
    const std::pair<failure, trouble> all[] = {{failure::name_lookup, trouble::name_lookup},
                                               {failure::connection, trouble::unreachable},
                                               {failure::tls, trouble::tls},
                                               {failure::body_too_large, trouble::body_too_large},
                                               {failure::broken, trouble::broken}};
    for (const auto& [how, why] : all) {
        ASSERT_TRUE(turn());
        carrier.fail(how, "Failed to connect after 12 ms: words");
        EXPECT_EQ(poll.state().last.why, why);
        EXPECT_EQ(poll.state().last.text, "Failed to connect: words") << "the same trouble has the same text";
        host.clock.advance(10s);
    }
}

TEST_F(Poller, does_not_repeat_what_will_not_pass) {
    for (const int status : {400, 401, 404, 302}) {
        answer_with(status);
        host.clock.advance(9s);
        EXPECT_FALSE(turn()) << status;
        host.clock.advance(1s);
    }
    what.says = {trouble::too_many_samples, "", 0};
    answer_with(200);
    host.clock.advance(9s);
    EXPECT_FALSE(turn());
}

TEST_F(Poller, names_the_address_of_a_redirection) {
    ASSERT_TRUE(turn());
    common::http::receiver& to = *carrier.requests.back().to;
    to.on_head({302, {{"location", "https://elsewhere/"}}});
    to.on_end({});
    EXPECT_THAT(poll.state().last.text, ::testing::HasSubstr("https://elsewhere/"));
    EXPECT_THAT(poll.state().last.text, ::testing::HasSubstr("status 302"));
}

TEST_F(Poller, keeps_only_the_beginning_of_an_error_page) {
    ASSERT_TRUE(turn());
    common::http::receiver& to = *carrier.requests.back().to;
    to.on_head({500, {}});
    for (int i = 0; i < 100; ++i) {
        EXPECT_TRUE(to.on_body(std::string(10'000, 'x')));
    }
    to.on_end({});
    EXPECT_LE(what.seen.size(), 64U << 10);
    EXPECT_GT(what.seen.size(), 50'000U);
}

TEST_F(Poller, asks_nobody_without_its_token) {
    credentials of;
    of.bearer_token_file = "/nonexistent/token";
    access with(of);
    poller guarded(host.host(), counted.query, &with, what, schedule(host.clock.monotonic(), 10s, {1s, 4s, 1}), 0);
    EXPECT_FALSE(guarded.turn(carrier, true, true));
    EXPECT_TRUE(carrier.requests.empty());
    EXPECT_EQ(guarded.state().last.why, trouble::unauthorized);
    EXPECT_THAT(guarded.state().last.text, ::testing::HasSubstr("/nonexistent/token"));
    EXPECT_EQ(failures("unauthorized"), 1);
}

}  // namespace
}  // namespace sonde::prometheus
