// SPDX-License-Identifier: Apache-2.0
// Configuration changes that do not succeed: everything stays as it was.
#include <algorithm>
#include <optional>

#include "world.hpp"

namespace sonde::run::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::string_view pair = "[[collectors]]\ntype = \"source\"\n[[encoders]]\ntype = \"sink\"\n";
constexpr std::string_view changed =
    "[[collectors]]\ntype = \"source\"\nconfig.label = \"b\"\n[[encoders]]\ntype = \"sink\"\nconfig.label = \"b\"\n"
    "[[collectors]]\ntype = \"source\"\nname = \"added\"\n";

class ReloadFailure : public World {
protected:
    void expect_untouched() {
        const auto now = it().status();
        ASSERT_EQ(now.instances.size(), 2u);
        for (const auto& each : now.instances) {
            EXPECT_EQ(each.state, state::running) << each.name;
            EXPECT_EQ(each.incarnation, 1u) << each.name;
        }
        EXPECT_EQ(now.reloads_ok, 0u);
        EXPECT_FALSE(it().busy());
    }
    // Newcomers are gone, and so is what they held on the bus.
    void expect_no_remains() {
        ASSERT_TRUE(until([&] {
            return of("source").alive == 1 && of("sink").alive == 1 && of("added").alive == 0 &&
                   instance_threads() == 4;
        })) << log();
        std::uint32_t lanes = 0;
        for (const auto& lane : fabric_->snapshot().lanes) {
            lanes += lane.open ? 1 : 0;
            for (const auto& stream : lane.streams) {
                EXPECT_LE(stream.subscribers, 1u) << lane.instance;
            }
        }
        EXPECT_EQ(lanes, 1u);
    }
};

TEST_F(ReloadFailure, one_newcomer_that_does_not_start_leaves_everything_as_it_was) {
    for (const auto* culprit : {"source", "sink", "added"}) {
        SCOPED_TRACE(culprit);
        if (culprit == std::string_view("source")) {
            start(pair);
            ASSERT_TRUE(until([&] { return of("source").count("run") == 1; }));
        }
        of(culprit).failing_starts = 1;
        EXPECT_THAT(reload(changed), AllOf(HasSubstr("instance '" + std::string(culprit) + "'"),
                                           HasSubstr("the capability is missing")));
        expect_untouched();
        expect_no_remains();
    }
    EXPECT_EQ(it().status().reloads_failed, 3u);
    EXPECT_THAT(it().status().last_reload_error, HasSubstr("'added'"));
    EXPECT_EQ(of("source").count("run"), 1) << "no newcomer was let run";
    of("source").publish(10);
    ASSERT_TRUE(until([&] { return of("sink").items == 10; }));
    EXPECT_EQ(reload(changed), "") << "and it succeeds as soon as it can";
    EXPECT_EQ(it().status().last_reload_error, "");
}

TEST_F(ReloadFailure, a_failed_newcomer_with_other_topics_leaves_no_subscription) {
    start(pair);
    ASSERT_TRUE(until([&] { return of("source").count("run") == 1; }));
    of("sink").failing_starts = 1;
    EXPECT_THAT(reload(std::string(pair) + "topics = [\"raw/\", \"refined/\"]\n"), HasSubstr("capability"));
    expect_untouched();
    expect_no_remains();
}

TEST_F(ReloadFailure, a_newcomer_that_fails_after_its_predecessor_has_left_leaves_nothing) {
    start(pair);
    of("sink").at_stop.close();
    ASSERT_EQ(reload("[[collectors]]\ntype = \"source\"\n"), "");
    ASSERT_TRUE(until([&] { return of("sink").at_stop.waiting() == 1; }));
    of("sink").at_start.close();
    of("sink").failing_starts = 1;
    std::optional<std::string> answer;
    it().reload(read(pair), {}, [&](const std::string& error) { answer = error; });
    ASSERT_TRUE(until([&] { return of("sink").at_start.waiting() == 1; }));
    of("sink").at_stop.open();
    ASSERT_TRUE(until([&] { return settled("sink", state::stopped); }));
    of("sink").at_start.open();
    ASSERT_TRUE(until([&] { return answer.has_value(); }));
    EXPECT_THAT(*answer, HasSubstr("capability"));
    ASSERT_TRUE(until([&] { return of("sink").alive == 0 && it().status().instances.size() == 1; }));
    EXPECT_EQ(fabric_->snapshot().lanes.front().streams.front().subscribers, 0u);
}

TEST_F(ReloadFailure, a_newcomer_that_calls_itself_fatal_has_not_started) {
    start(pair);
    ASSERT_TRUE(until([&] { return of("source").count("run") == 1; }));
    of("source").broken = fault::fatal_in_start;
    EXPECT_THAT(reload(changed), AllOf(HasSubstr("'source'"), HasSubstr("no_device")));
    expect_untouched();
    expect_no_remains();
}

TEST_F(ReloadFailure, invalid_options_are_refused_with_every_place_and_nothing_is_made) {
    start(pair);
    const std::string answer = reload(
        "[[collectors]]\ntype = \"source\"\nconfig.pase = 2\n[[encoders]]\ntype = \"sink\"\nconfig.pace = \"fast\"\n");
    EXPECT_THAT(answer, AllOf(HasSubstr("pase"), HasSubstr("did you mean 'pace'"), HasSubstr("encoders.sink")));
    expect_untouched();
    EXPECT_EQ(of("source").count("create"), 1);
    EXPECT_EQ(it().status().reloads_failed, 1u);
    EXPECT_THAT(it().status().last_reload_error, HasSubstr("pase"));
}

TEST_F(ReloadFailure, whoever_is_told_may_ask_for_the_status) {
    start(pair);
    std::uint64_t failed = 0;
    it().reload(read("[[collectors]]\ntype = \"source\"\nconfig.pase = 2\n"), {},
                [&](const std::string&) { failed = it().status().reloads_failed; });
    EXPECT_EQ(failed, 1u);
    it().reload(read(pair), {}, [&](const std::string&) { failed = it().status().reloads_ok; });
    EXPECT_EQ(failed, 1u);
}

TEST_F(ReloadFailure, a_reload_during_another_is_refused_until_every_newcomer_has_taken_over) {
    start(pair);
    of("added").at_start.close();
    of("source").at_stop.close();
    std::optional<std::string> first;
    it().reload(read(changed), {}, [&](const std::string& error) { first = error; });
    ASSERT_TRUE(until([&] { return of("added").at_start.waiting() == 1; }));
    EXPECT_TRUE(it().busy());
    EXPECT_THAT(reload(pair), HasSubstr("still applying another configuration"));
    EXPECT_THAT(restart("source"), HasSubstr("applying a configuration"));
    EXPECT_EQ(it().status().instances.size(), 2u) << "what is not committed is not shown";
    of("added").at_start.open();
    ASSERT_TRUE(until([&] { return first.has_value(); }));
    EXPECT_EQ(*first, "");
    EXPECT_TRUE(it().busy()) << "the old source has not stopped yet";
    EXPECT_THAT(reload(pair), HasSubstr("still applying another configuration"));
    of("source").at_stop.open();
    ASSERT_TRUE(until([&] { return !it().busy(); }));
    EXPECT_EQ(reload(pair), "");
    ASSERT_TRUE(until([&] { return of("source").alive == 1 && of("added").alive == 0; }));
}

TEST_F(ReloadFailure, a_reload_before_the_first_configuration_is_refused) {
    EXPECT_THAT(reload(pair), HasSubstr("starting"));
    start(pair);
    EXPECT_EQ(it().status().instances.size(), 2u);
}

TEST_F(ReloadFailure, a_newcomer_that_hangs_aborts_the_change_at_the_start_timeout) {
    constexpr std::string_view impatient = "[host]\nstart_timeout = \"300ms\"\nstop_timeout = \"300ms\"\n";
    start(pair, impatient);
    ASSERT_TRUE(until([&] { return of("source").count("run") == 1; }));
    of("added").at_start.close();
    EXPECT_EQ(reload(changed, impatient), "instance 'added' did not start in time");
    expect_untouched();
    EXPECT_TRUE(it().any_wedged());
    EXPECT_LT(steps_, 2000u);
    of("added").at_start.open();
    expect_no_remains();
    EXPECT_EQ(of("added").count("run"), 0);
}

TEST_F(ReloadFailure, an_instance_that_was_enabled_in_vain_while_it_stopped_is_disabled) {
    start(pair);
    of("source").at_stop.close();
    ASSERT_EQ(reload("[[collectors]]\ntype = \"source\"\nenabled = false\n[[encoders]]\ntype = \"sink\"\n"), "");
    ASSERT_TRUE(until([&] { return of("source").at_stop.waiting() == 1; }));
    of("source").at_start.close();
    of("source").failing_starts = 1;
    std::optional<std::string> answer;
    it().reload(read(pair), {}, [&](const std::string& error) { answer = error; });
    ASSERT_TRUE(until([&] { return of("source").at_start.waiting() == 1; }));
    of("source").at_stop.open();
    ASSERT_TRUE(until([&] { return of("source").alive == 1 && settled("source", state::stopped); }));
    of("source").at_start.open();
    ASSERT_TRUE(until([&] { return answer.has_value(); }));
    EXPECT_THAT(*answer, HasSubstr("capability"));
    EXPECT_EQ(state_of("source"), state::disabled);
    ASSERT_EQ(reload(pair), "");
    EXPECT_TRUE(until([&] { return settled("source", state::running); }));
}

TEST_F(ReloadFailure, stopping_aborts_the_change) {
    start(pair);
    of("added").at_start.close();
    std::optional<std::string> answer;
    it().reload(read(changed), {}, [&](const std::string& error) { answer = error; });
    ASSERT_TRUE(until([&] { return of("added").at_start.waiting() == 1; }));
    it().stop_all();
    ASSERT_TRUE(answer);
    EXPECT_THAT(*answer, HasSubstr("stopping"));
    std::ignore = it().step();
    EXPECT_FALSE(it().finished()) << "newcomers are waited for too";
    of("added").at_start.open();
    ASSERT_TRUE(until([&] { return it().finished(); }));
    EXPECT_EQ(of("added").alive + of("source").alive + of("sink").alive, 0);
    EXPECT_FALSE(it().any_wedged());
    EXPECT_THAT(reload(pair), HasSubstr("stopping"));
}

TEST_F(ReloadFailure, stopping_while_newcomers_wait_to_take_over_stops_them_too) {
    start(pair);
    of("source").at_stop.close();
    ASSERT_EQ(reload(changed), "");
    ASSERT_TRUE(it().busy());
    it().stop_all();
    std::ignore = it().step();
    of("source").at_stop.open();
    ASSERT_TRUE(until([&] { return it().finished(); }));
    EXPECT_EQ(of("added").alive + of("source").alive + of("sink").alive, 0);
    EXPECT_EQ(of("source").count("destroy"), 2);
}

}  // namespace
}  // namespace sonde::run::test
