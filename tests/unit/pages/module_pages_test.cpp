// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

namespace sonde::pages {
namespace {

constexpr std::string_view one_pump = "[[collectors]]\ntype = \"pump\"\n";

TEST_F(Pages, modules_are_listed_with_state_and_endpoints) {
    begin(one_pump);
    ASSERT_TRUE(reaches("pump", run::state::running));
    const auto page = ask_json("/modules");
    const auto& all = page.at("modules").as_array();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].at("state"), "running");
    EXPECT_EQ(all[0].at("endpoints").at(0).at("path"), "/modules/pump/echo");
    EXPECT_EQ(all[0].at("endpoints").at(1).at("method"), "POST");
    EXPECT_EQ(ask_json("/modules/pump").at("type"), "pump");
}

TEST_F(Pages, an_unknown_instance_is_404_with_the_nearest_name) {
    begin(one_pump);
    ASSERT_TRUE(reaches("pump", run::state::running));
    for (const char* path : {"/modules/pumb", "/modules/pumb/stats", "/modules/pumb/check", "/modules/pumb/echo"}) {
        const auto answer = ask(path);
        EXPECT_EQ(answer.status, 404) << path;
        EXPECT_THAT(answer.body, HasSubstr("did you mean 'pump'?"));
    }
    EXPECT_EQ(ask("/modules/elsewhere/restart", "POST").status, 404);
}

TEST_F(Pages, endpoints_are_answered_by_the_plugin_with_its_parameters) {
    begin(one_pump);
    ASSERT_TRUE(reaches("pump", run::state::running));
    const auto answer = ask("/modules/pump/echo?text=a%26b");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.content_type, "text/plain");
    EXPECT_EQ(answer.body, "said a&b");
}

TEST_F(Pages, errors_of_endpoints_become_statuses) {
    begin(one_pump);
    ASSERT_TRUE(reaches("pump", run::state::running));
    EXPECT_EQ(ask("/modules/pump/fail?how=invalid").status, 400);
    EXPECT_EQ(ask("/modules/pump/fail").status, 501) << "what the plugin itself says";
    const auto unknown = ask("/modules/pump/ehco");
    EXPECT_EQ(unknown.status, 404);
    EXPECT_THAT(unknown.body, AllOf(HasSubstr("GET echo"), HasSubstr("POST add")));
    const auto wrong = ask("/modules/pump/add");
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(header(wrong, "Allow"), "POST");
}

TEST_F(Pages, answers_beyond_the_limit_are_refused) {
    sources_.api.response_limit = 4;
    begin(one_pump);
    ASSERT_TRUE(reaches("pump", run::state::running));
    EXPECT_EQ(ask("/modules/pump/echo").status, 503);
}

TEST_F(Pages, a_module_gets_no_more_requests_at_a_time_than_configured) {
    sources_.api.module_concurrency = 2;
    begin("[[collectors]]\ntype = \"pump\"\n[[collectors]]\ntype = \"pump\"\nname = \"other\"\n");
    ASSERT_TRUE(reaches("pump", run::state::running) && reaches("other", run::state::running));
    api::request of;
    ASSERT_TRUE(api::parse_target("/modules/pump/echo", of));
    of.method = "GET";
    const api::admission first = routes_.admit(of);
    const api::admission second = routes_.admit(of);
    ASSERT_TRUE(first.permit && second.permit);
    EXPECT_EQ(ask("/modules/pump/echo").status, 429);
    EXPECT_EQ(ask("/pump/check").status, 429) << "the same module by its other path";
    EXPECT_EQ(ask("/modules/other/echo").status, 200);
    EXPECT_EQ(ask("/modules/pump").status, 200) << "the host's own page";
}

TEST_F(Pages, a_module_that_is_down_answers_503_with_its_state) {
    begin("[[collectors]]\ntype = \"pump\"\n[collectors.config]\nbroken = true\n");
    ASSERT_TRUE(eventually([&] { return !status_of("pump").last_error.empty(); }));
    const auto answer = ask("/modules/pump/echo");
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(header(answer, "Retry-After"), "1");
    EXPECT_THAT(answer.body, HasSubstr("the pump is broken"));
    EXPECT_EQ(ask("/modules/pump/check").status, 503);
    EXPECT_EQ(ask("/modules/pump").status, 200);
}

TEST_F(Pages, endpoints_vanish_when_the_module_stops) {
    begin(one_pump);
    ASSERT_TRUE(reaches("pump", run::state::running));
    ASSERT_EQ(ask("/modules/pump/echo").status, 200);
    supervisor_->post([this] { supervisor_->stop_all(); });
    ASSERT_TRUE(reaches("pump", run::state::stopped));
    EXPECT_EQ(ask("/modules/pump/echo").status, 503);
    EXPECT_TRUE(ask_json("/modules/pump").at("endpoints").as_array().empty());
}

// Names and amounts of a check's counters.
std::string counters(const json::value& page) {
    std::string text;
    for (const auto& each : page.at("counters").as_array()) {
        text += std::string(each.at("name").as_string()) + "=" + json::serialize(each.at("by")) + " ";
    }
    return text;
}

TEST_F(Pages, two_clients_checks_do_not_steal_from_each_other) {
    begin(one_pump);
    ASSERT_TRUE(reaches("pump", run::state::running));
    ASSERT_EQ(ask("/modules/pump/add", "POST", "5").status, 200);
    const auto first = ask_json("/modules/pump/check?client_id=a");
    EXPECT_EQ(first.at("first"), true);
    EXPECT_EQ(counters(first), "sonde.pump.added=5 ");
    EXPECT_EQ(counters(ask_json("/modules/pump/check?client_id=a")), "") << "the second immediate call is empty";
    EXPECT_EQ(counters(ask_json("/pump/check?client_id=b")), "sonde.pump.added=5 ");
    ASSERT_EQ(ask("/modules/pump/add", "POST", "2").status, 200);
    EXPECT_EQ(counters(ask_json("/modules/pump/check?client_id=b")), "sonde.pump.added=2 ");
    const auto again = ask_json("/pump/check?client_id=a");
    EXPECT_EQ(again.at("first"), false);
    EXPECT_EQ(counters(again), "sonde.pump.added=2 ");
}

TEST_F(Pages, a_check_of_the_plugins_own_goes_before_the_generic_one) {
    begin("[[collectors]]\ntype = \"checker\"\n");
    ASSERT_TRUE(reaches("checker", run::state::running));
    EXPECT_EQ(ask_json("/modules/checker/check?client_id=me").at("own"), "me");
    EXPECT_EQ(ask_json("/checker/check?client_id=you").at("own"), "you");
}

TEST_F(Pages, fixed_paths_go_before_the_short_spelling) {
    begin("[[collectors]]\ntype = \"pump\"\n");
    ASSERT_TRUE(reaches("pump", run::state::running));
    EXPECT_THAT(ask("/modules/check").body, HasSubstr("there is no instance 'check'"));
}

TEST_F(Pages, stats_of_a_module_are_its_metrics_now) {
    begin(one_pump);
    ASSERT_TRUE(reaches("pump", run::state::running));
    ASSERT_EQ(ask("/modules/pump/add", "POST", "3").status, 200);
    const auto page = ask_json("/modules/pump/stats");
    const auto& all = page.at("metrics").as_array();
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].at("name"), "sonde.pump.added");
    EXPECT_EQ(all[0].at("kind"), "counter");
    EXPECT_EQ(all[0].at("value"), 3);
    EXPECT_EQ(all[1].at("kind"), "gauge");
    EXPECT_EQ(all[1].at("value"), -7);
    EXPECT_EQ(all[1].at("labels").at("side"), "left");
}

}  // namespace
}  // namespace sonde::pages
