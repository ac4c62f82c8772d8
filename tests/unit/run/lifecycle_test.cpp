// SPDX-License-Identifier: Apache-2.0
// Starting and stopping: order, draining, and what is left behind.
#include <algorithm>
#include <atomic>
#include <thread>
#include <tuple>

#include "world.hpp"

namespace sonde::run::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view chain = R"(
[[collectors]]
type = "source"
[[enrichers]]
type = "refiner"
[[encoders]]
type = "sink"
topics = ["raw/", "refined/"]
)";

class Lifecycle : public World {
protected:
    [[nodiscard]] std::vector<std::string> journal_of(std::string_view what) {
        std::vector<std::string> all = stage_->journal();
        std::erase_if(all, [&](const auto& line) { return !line.ends_with(" " + std::string(what)); });
        return all;
    }
};

TEST_F(Lifecycle, instances_start_from_sinks_to_sources_and_stop_the_other_way) {
    start(chain);
    EXPECT_THAT(journal_of("start"), ElementsAre("sink start", "refiner start", "source start"));
    EXPECT_TRUE(it().status().applied);
    stop();
    EXPECT_THAT(journal_of("stop"), ElementsAre("source stop", "refiner stop", "sink stop"));
    EXPECT_THAT(journal_of("destroy"), ElementsAre("source destroy", "refiner destroy", "sink destroy"));
    EXPECT_FALSE(it().any_wedged());
    EXPECT_TRUE(it().status().stopping);
}

TEST_F(Lifecycle, a_source_is_not_launched_before_its_sinks_have_started) {
    of("sink").at_start.close();
    apply(chain);
    ASSERT_TRUE(until([&] { return of("sink").at_start.waiting() == 1; }));
    EXPECT_EQ(of("source").alive + of("refiner").alive, 0);
    of("sink").at_start.open();
    ASSERT_TRUE(until([&] { return settled("source", state::running); }));
}

TEST_F(Lifecycle, while_it_waits_for_answers_the_supervisor_asks_for_no_early_step) {
    of("sink").at_start.close();
    apply(chain);
    ASSERT_TRUE(until([&] { return of("sink").at_start.waiting() == 1; }));
    const std::int64_t due = it().step();
    EXPECT_GT(due, it().status().last_turn + 50'000'000);
}

TEST_F(Lifecycle, a_consumer_drains_what_is_queued_before_it_stops) {
    start(chain);
    of("sink").at_consume.close();
    of("source").publish(64);
    ASSERT_TRUE(until([&] { return of("source").published == 64 && of("refiner").published == 64; }));
    it().stop_all();
    ASSERT_TRUE(until([&] { return settled("sink", state::draining); }));
    EXPECT_EQ(of("sink").items, 0u);
    of("sink").at_consume.open();
    stop();
    EXPECT_EQ(of("sink").items, 128u);
    EXPECT_EQ(committed("source"), 64u);
    EXPECT_EQ(accounted("sink"), (account{.delivered = 128}));
    EXPECT_EQ(accounted("refiner"), (account{.delivered = 64}));
}

TEST_F(Lifecycle, after_a_stop_no_thread_is_left_and_no_item_appears) {
    of("source").flows = true;
    start(chain);
    ASSERT_TRUE(until([&] { return of("sink").items > 100; }));
    stop();
    ASSERT_TRUE(until([] { return instance_threads() == 0; }));
    const std::uint64_t made = of("source").published;
    EXPECT_EQ(committed("source"), made);
    for (const auto& lane : fabric_->snapshot().lanes) {
        EXPECT_FALSE(lane.open) << lane.instance;
    }
    EXPECT_EQ(of("sink").items, 2 * made) << "raw and refined";
    EXPECT_EQ(of("source").alive + of("refiner").alive + of("sink").alive, 0);
}

TEST_F(Lifecycle, a_hundred_starts_and_stops_leave_no_descriptor) {
    const auto cycle = [&] {
        supervisor_ = std::make_unique<supervisor>(
            supervisor_parts{fabric_.get(), &plugins_, &metrics_, logger_.get(), [] { return 0.5; }});
        start(chain);
        stop();
    };
    cycle();
    ASSERT_TRUE(until([] { return instance_threads() == 0; }));
    const int before = open_descriptors();
    for (int i = 0; i < 100; ++i) {
        cycle();
    }
    // libzmq closes a socket a moment later, so `before` may hold some of the first cycle.
    EXPECT_TRUE(until([&] { return open_descriptors() <= before; })) << open_descriptors() << " instead of " << before;
    EXPECT_EQ(of("source").count("destroy"), 101);
}

TEST_F(Lifecycle, an_unknown_type_gives_a_named_error_with_a_hint_and_the_others_run) {
    apply("[[collectors]]\ntype = \"sorce\"\n[[encoders]]\ntype = \"sink\"");
    ASSERT_TRUE(until([&] { return settled("sink", state::running) && it().status().applied; }));
    const auto bad = status("sorce");
    EXPECT_EQ(bad.state, state::waiting);
    EXPECT_EQ(bad.incarnation, 0u);
    EXPECT_THAT(bad.last_error, AllOf(HasSubstr("the collector type 'sorce'"), HasSubstr("did you mean 'source'?"),
                                      HasSubstr("sonde plugin list")));
    EXPECT_EQ(it().fatal(), "");
    const std::string text = log();
    const std::string_view complaint = "no loaded plugin offers";
    const auto at = text.find(complaint);
    ASSERT_NE(at, std::string::npos);
    EXPECT_EQ(text.find(complaint, at + 1), std::string::npos) << "it is said once";
}

TEST_F(Lifecycle, invalid_options_at_the_start_leave_the_instance_waiting_with_the_place) {
    apply("[[collectors]]\ntype = \"source\"\nconfig.pace = 1000\n[[encoders]]\ntype = \"sink\"");
    ASSERT_TRUE(until([&] { return settled("sink", state::running) && it().status().applied; }));
    EXPECT_EQ(state_of("source"), state::waiting);
    EXPECT_THAT(status("source").last_error, AllOf(HasSubstr("sonde.toml:"), HasSubstr("pace")));
}

TEST_F(Lifecycle, several_instances_of_a_type_run_side_by_side_with_their_own_metrics) {
    start(R"(
[[collectors]]
type = "source"
name = "left"
config.label = "l"
[[collectors]]
type = "source"
name = "right"
config.label = "r"
)");
    EXPECT_EQ(of("left").label(), "l");
    EXPECT_EQ(of("right").label(), "r");
    ASSERT_EQ(restart("left"), "");
    for (const auto& [name, configures] : {std::pair{"left", 2u}, std::pair{"right", 1u}}) {
        const auto cells = metrics_.read(name).cells;
        ASSERT_EQ(cells.size(), 1u) << name;
        EXPECT_EQ(cells.front().name, "sonde.test.configures");
        EXPECT_EQ(cells.front().value, configures) << name;
    }
    EXPECT_EQ(status("right").incarnation, 1u);
}

TEST_F(Lifecycle, status_tells_what_runs_from_which_module) {
    start("[[collectors]]\ntype = \"source\"\nrequired = true\n[[encoders]]\ntype = \"sink\"\nenabled = false");
    const auto one = status("source");
    EXPECT_EQ(one.type, "source");
    EXPECT_EQ(one.role, role::collector);
    EXPECT_TRUE(one.required);
    EXPECT_EQ(one.incarnation, 1u);
    EXPECT_EQ(one.restarts, 0u);
    EXPECT_EQ(one.module_version, "1.0.0");
    EXPECT_EQ(one.last_error, "");
    EXPECT_GT(one.cpu_seconds, 0);
    EXPECT_EQ(status("sink").state, state::disabled);
    EXPECT_NE(it().find("source"), nullptr);
    EXPECT_EQ(it().find("sink"), nullptr);
    EXPECT_EQ(it().find("nobody"), nullptr);
    const double spent = one.cpu_seconds;
    ASSERT_EQ(restart("source"), "");
    EXPECT_GE(status("source").cpu_seconds, spent) << "time of past incarnations is kept";
}

TEST_F(Lifecycle, anyone_may_look_and_post_while_instances_restart) {
    start(chain);
    std::atomic<bool> done{false};
    std::atomic<int> answered{0};
    std::atomic<int> ran{0};
    std::vector<std::jthread> others;
    for (int i = 0; i < 8; ++i) {
        others.emplace_back([&] {
            while (!done) {
                EXPECT_EQ(it().status().instances.size(), 3u);
                if (const auto found = it().find("source")) {
                    const auto said = found->call({"echo", "GET", {{"say", "hello"}}, {}, 1000});
                    EXPECT_TRUE(said ? said->body == "hello" : said.error().code == errc::stopped);
                    answered += said ? 1 : 0;
                    static_cast<void>(found->health());
                    static_cast<void>(found->cpu_time());
                }
                it().post([&] { ++ran; });
                std::this_thread::yield();
            }
        });
    }
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(restart(i % 2 == 0 ? "source" : "sink"), "");
    }
    EXPECT_TRUE(until([&] { return answered > 0; }));
    done = true;
    others.clear();
    EXPECT_TRUE(until([&] { return ran > 0; }));
    EXPECT_EQ(status("source").incarnation, 11u);
}

TEST_F(Lifecycle, stopping_before_anything_was_applied_is_finished_at_once) {
    it().stop_all();
    std::ignore = it().step();
    EXPECT_TRUE(it().finished());
}

TEST_F(Lifecycle, stopping_counts_what_a_failed_consumer_still_had_to_get) {
    start(chain, R"([host]
start_timeout = "30s"
restart_min = "1h"
restart_max = "1h"
)");
    of("sink").failing_starts = 1;
    EXPECT_THAT(restart("sink"), HasSubstr("capability"));
    of("source").publish(10);
    ASSERT_TRUE(until([&] { return of("source").published == 10; }));
    stop();
    EXPECT_EQ(accounted("sink"), (account{.shutdown = 20}));
}

}  // namespace
}  // namespace sonde::run::test
