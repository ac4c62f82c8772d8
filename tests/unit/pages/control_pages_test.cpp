// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <future>

#include "fixture.hpp"

namespace sonde::pages {
namespace {

std::size_t open_descriptors() {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

TEST_F(Pages, fifty_restarts_under_traffic_leave_nothing_behind) {
    begin("[[collectors]]\ntype = \"pump\"\n[collectors.config]\nitems = 20\nrounds = 0\n"
          "[[encoders]]\ntype = \"sink\"\n");
    ASSERT_TRUE(reaches("pump", run::state::running) && reaches("sink", run::state::running));
    ASSERT_EQ(ask("/modules/pump/restart", "POST").status, 200);  // what is allocated once is there
    const auto settled = [] { return threads_named("data:pump") == 1 && threads_named("ctl:pump") == 1; };
    ASSERT_TRUE(eventually(settled));
    const std::size_t threads = threads_named("");
    const std::size_t descriptors = open_descriptors();

    std::atomic<bool> done{false};
    std::atomic<int> answered{0};
    std::atomic<int> unexpected{0};
    std::thread traffic([&] {
        while (!done) {
            const int status = ask("/modules/pump/echo?text=x").status;
            ++(status == 200 || status == 503 ? answered : unexpected);
            unexpected += ask("/debug/lanes").status == 200 ? 0 : 1;
        }
    });
    for (int i = 0; i < 50; ++i) {
        const auto answer = ask("/modules/pump/restart", "POST");
        EXPECT_EQ(answer.status, 200) << answer.body;
        EXPECT_EQ(status_of("pump").state, run::state::running) << "answered when it runs again";
    }
    done = true;
    traffic.join();

    EXPECT_EQ(ask("/modules/pump/echo").status, 200);
    EXPECT_EQ(unexpected, 0);
    EXPECT_GT(answered, 0);
    EXPECT_EQ(status_of("pump").incarnation, 52u);
    EXPECT_EQ(status_of("pump").restarts, 51u);
    EXPECT_TRUE(eventually([&] { return threads_named("") <= threads; }));
    EXPECT_TRUE(eventually([&] { return open_descriptors() <= descriptors; }))
        << open_descriptors() << " instead of " << descriptors;
}

TEST_F(Pages, a_restart_that_fails_says_why) {
    begin("[[collectors]]\ntype = \"pump\"\n[collectors.config]\nbroken = true\n");
    ASSERT_TRUE(reaches("pump", run::state::failed));
    const auto answer = ask("/modules/pump/restart", "POST");
    EXPECT_EQ(answer.status, 500);
    EXPECT_THAT(answer.body, HasSubstr("the pump is broken"));
}

TEST_F(Pages, a_restart_that_is_refused_is_409) {
    begin("[[collectors]]\ntype = \"pump\"\nenabled = false\n");
    const auto answer = ask("/modules/pump/restart", "POST");
    EXPECT_EQ(answer.status, 409);
    EXPECT_THAT(answer.body, HasSubstr("disabled"));
}

TEST_F(Pages, a_restart_that_outlasts_the_request_is_202) {
    sources_.api.request_timeout = 520ms;  // leaves 20 ms
    begin("[[collectors]]\ntype = \"pump\"\n");
    ASSERT_TRUE(reaches("pump", run::state::running));
    std::promise<void> release;
    supervisor_->post([held = release.get_future().share()] { held.wait(); });
    EXPECT_EQ(ask("/modules/pump/restart", "POST").status, 202);
    release.set_value();
    EXPECT_TRUE(eventually([&] { return status_of("pump").incarnation == 2; })) << "it goes on";
}

TEST_F(Pages, a_reload_answers_200_or_409_with_the_text) {
    begin("[[collectors]]\ntype = \"pump\"\n");
    EXPECT_EQ(ask("/reload", "POST").status, 200);
    supervisor_->post([this] { reload_error_ = "sonde.toml:1:1: error: no"; });
    const auto answer = ask("/reload", "POST");
    EXPECT_EQ(answer.status, 409);
    EXPECT_THAT(answer.body, HasSubstr("sonde.toml:1:1: error: no"));
    EXPECT_EQ(ask("/reload").status, 405);
}

}  // namespace
}  // namespace sonde::pages
