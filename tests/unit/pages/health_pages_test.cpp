// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

namespace sonde::pages {
namespace {

TEST_F(Pages, livez_is_ok_while_the_supervisor_turns_even_if_nothing_happens) {
    begin("[[collectors]]\ntype = \"pump\"\n");
    for (int i = 0; i < 3; ++i) {
        const auto answer = ask("/livez");
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, "ok\n");
    }
}

TEST_F(Pages, livez_is_503_once_the_supervisor_has_not_turned_for_the_limit) {
    sources_.limits.turn_wait = 5ms;
    sources_.limits.turn_limit = 60ms;
    make_pages();  // nobody turns it
    EXPECT_EQ(ask("/livez").status, 200) << "within the limit it may just be busy";
    EXPECT_TRUE(eventually([&] { return ask("/livez").status == 503; }));
    EXPECT_THAT(ask("/livez").body, HasSubstr("has not turned"));
    static_cast<void>(supervisor_->step());
    EXPECT_EQ(ask("/livez").status, 200) << "it turned";
}

TEST_F(Pages, readyz_says_what_is_missing_before_the_first_configuration) {
    make_pages();
    const auto answer = ask("/readyz");
    EXPECT_EQ(answer.status, 503);
    EXPECT_THAT(answer.body, HasSubstr("configuration"));
}

TEST_F(Pages, readyz_is_503_while_a_required_instance_is_unhealthy) {
    begin("[[collectors]]\ntype = \"pump\"\nrequired = true\n");
    ASSERT_TRUE(reaches("pump", run::state::running));
    EXPECT_EQ(ask("/readyz").status, 200);
    EXPECT_EQ(ask("/modules/pump/mood", "POST", "no_water").status, 200);
    EXPECT_TRUE(eventually([&] { return ask("/readyz").status == 503; }));
    EXPECT_THAT(ask("/readyz").body, AllOf(HasSubstr("'pump'"), HasSubstr("no_water")));
    EXPECT_EQ(ask("/healthz").status, 503);
    EXPECT_EQ(ask("/modules/pump/mood", "POST", "ok").status, 200);
    EXPECT_TRUE(eventually([&] { return ask("/readyz").status == 200; }));
}

TEST_F(Pages, healthz_tells_every_instance_and_is_200_if_only_optional_ones_are_unwell) {
    begin("[[collectors]]\ntype = \"pump\"\n[[collectors]]\ntype = \"pump\"\nname = \"bad\"\n"
          "[collectors.config]\nbroken = true\n[[encoders]]\ntype = \"sink\"\nenabled = false\n");
    ASSERT_TRUE(reaches("pump", run::state::running));
    ASSERT_TRUE(eventually([&] { return !status_of("bad").last_error.empty(); }));
    const auto page = ask_json("/healthz").as_object();
    EXPECT_EQ(page.at("status"), "degraded");
    EXPECT_EQ(page.at("ready"), true);
    const auto& all = page.at("instances").as_array();
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0].at("name"), "pump");
    EXPECT_EQ(all[0].at("state"), "running");
    EXPECT_EQ(all[0].at("health"), "ok");
    EXPECT_TRUE(all[0].at("state_since").is_string());
    EXPECT_THAT(std::string(all[1].at("last_error").as_string()), HasSubstr("the pump is broken"));
    EXPECT_EQ(all[2].at("state"), "disabled");
    EXPECT_EQ(all[2].at("role"), "encoder");
}

TEST_F(Pages, the_index_lists_every_path_once) {
    make_pages();
    const std::string index = ask("/").body;
    for (const char* path : {"/livez", "/readyz", "/healthz", "/metrics", "/debug/stats", "/debug/plugins",
                             "/debug/lanes", "/debug/config", "/debug/threads", "/debug/tap", "/modules", "/reload"}) {
        EXPECT_THAT(index, HasSubstr(path));
    }
    EXPECT_EQ(routes_.size() + 4, static_cast<std::size_t>(std::ranges::count(index, '\n')) + 1)
        << "a heading, blank lines and a note beside one line for each route but the index itself";
}

}  // namespace
}  // namespace sonde::pages
