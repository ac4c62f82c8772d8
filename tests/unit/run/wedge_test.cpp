// SPDX-License-Identifier: Apache-2.0
// Plugin code that does not return: the instance is given up, nothing else is.
#include <algorithm>
#include <chrono>

#include "world.hpp"

namespace sonde::run::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::string_view impatient = R"([host]
start_timeout = "300ms"
stop_timeout = "300ms"
)";
constexpr std::string_view pair = "[[collectors]]\ntype = \"source\"\n[[encoders]]\ntype = \"sink\"\n";

class Wedge : public World {
protected:
    [[nodiscard]] std::chrono::steady_clock::duration took(const std::function<void()>& what) {
        const auto before = std::chrono::steady_clock::now();
        what();
        return std::chrono::steady_clock::now() - before;
    }
};

TEST_F(Wedge, an_instance_that_hangs_in_start_is_given_up_at_the_start_timeout) {
    of("source").at_start.close();
    const auto waited = took([&] {
        apply(pair, impatient);
        ASSERT_TRUE(until([&] { return settled("source", state::wedged); }));
    });
    EXPECT_GE(waited, 300ms);
    EXPECT_LT(steps_, 1000u) << "waiting is not spinning";
    EXPECT_EQ(state_of("sink"), state::running);
    EXPECT_TRUE(it().any_wedged());
    EXPECT_EQ(it().fatal(), "");
    EXPECT_THAT(status("source").last_error, HasSubstr("start did not return before its deadline"));
    EXPECT_EQ(status("source").next_start, 0) << "its name is taken";
    EXPECT_THAT(restart("source"), AllOf(HasSubstr("wedged"), HasSubstr("cannot be restarted")));
}

TEST_F(Wedge, what_hung_in_start_is_taken_down_when_it_returns_after_all) {
    of("source").at_start.close();
    apply(pair, impatient);
    ASSERT_TRUE(until([&] { return settled("source", state::wedged); }));
    of("source").at_start.open();
    ASSERT_TRUE(until([&] { return of("source").alive == 0 && instance_threads() == 2; }));
    EXPECT_EQ(of("source").count("stop"), 1);
    EXPECT_EQ(of("source").count("run"), 0);
    EXPECT_EQ(state_of("source"), state::wedged) << "it has no say any more";
}

TEST_F(Wedge, a_required_instance_that_hangs_in_start_is_fatal) {
    of("source").at_start.close();
    apply("[[collectors]]\ntype = \"source\"\nrequired = true\n", impatient);
    ASSERT_TRUE(until([&] { return !it().fatal().empty(); }));
    EXPECT_THAT(it().fatal(), AllOf(HasSubstr("'source'"), HasSubstr("deadline")));
}

TEST_F(Wedge, an_instance_that_hangs_in_stop_does_not_hold_up_the_end) {
    start(pair, impatient);
    of("source").at_stop.close();
    const auto waited = took([&] { stop(); });
    EXPECT_GE(waited, 300ms);
    EXPECT_EQ(state_of("source"), state::wedged);
    EXPECT_EQ(state_of("sink"), state::stopped);
    EXPECT_EQ(of("sink").alive, 0);
    EXPECT_TRUE(it().any_wedged());
    EXPECT_THAT(status("source").last_error, HasSubstr("stop did not return before its deadline"));
}

TEST_F(Wedge, a_run_that_ignores_stop_is_given_up) {
    of("breaker").at_run.close();
    start("[[collectors]]\ntype = \"breaker\"\n[[encoders]]\ntype = \"sink\"\n", impatient);
    stop();
    EXPECT_EQ(state_of("breaker"), state::wedged);
    EXPECT_EQ(state_of("sink"), state::stopped);
    EXPECT_EQ(of("breaker").count("stop"), 0) << "stop waits for the data thread";
    of("breaker").at_run.open();
    ASSERT_TRUE(until([&] { return of("breaker").alive == 0; }));
}

TEST_F(Wedge, stop_during_start_ends_what_returns_in_time) {
    of("source").at_start.close();
    apply(pair);
    ASSERT_TRUE(until([&] { return of("source").at_start.waiting() == 1; }));
    it().stop_all();
    ASSERT_TRUE(until([&] { return settled("source", state::draining); }));
    EXPECT_FALSE(it().finished());
    of("source").at_start.open();
    ASSERT_TRUE(until([&] { return it().finished(); }));
    EXPECT_EQ(state_of("source"), state::stopped);
    EXPECT_EQ(of("source").count("run"), 0);
    EXPECT_EQ(of("source").alive, 0);
    EXPECT_FALSE(it().any_wedged());
}

TEST_F(Wedge, stop_during_a_start_that_hangs_is_finished_at_the_stop_timeout) {
    of("sink").at_start.close();
    apply(pair, "[host]\nstart_timeout = \"30s\"\nstop_timeout = \"100ms\"\n");
    ASSERT_TRUE(until([&] { return of("sink").at_start.waiting() == 1; }));
    stop();
    EXPECT_EQ(state_of("sink"), state::wedged);
    EXPECT_TRUE(it().any_wedged());
    EXPECT_EQ(of("source").alive, 0) << "nothing else was launched";
}

TEST_F(Wedge, a_start_that_fails_while_it_is_stopped_is_stopped) {
    of("source").at_start.close();
    of("source").failing_starts = 1;
    apply(pair);
    ASSERT_TRUE(until([&] { return of("source").at_start.waiting() == 1; }));
    it().stop_all();
    std::ignore = it().step();
    of("source").at_start.open();
    ASSERT_TRUE(until([&] { return it().finished(); }));
    EXPECT_EQ(state_of("source"), state::stopped);
    EXPECT_EQ(of("source").alive, 0);
}

TEST_F(Wedge, a_restart_whose_stop_hangs_is_answered_with_the_reason) {
    start(pair, impatient);
    of("source").at_stop.close();
    EXPECT_THAT(restart("source"), HasSubstr("stop did not return before its deadline"));
    EXPECT_EQ(state_of("source"), state::wedged);
    EXPECT_EQ(state_of("sink"), state::running);
}

TEST_F(Wedge, a_failed_instance_that_hangs_in_stop_is_given_up_and_not_launched_again) {
    of("source").broken = fault::fails_run;
    of("source").at_stop.close();
    apply(pair, impatient);
    ASSERT_TRUE(until([&] { return settled("source", state::wedged); }));
    EXPECT_EQ(status("source").incarnation, 1u);
    EXPECT_EQ(status("source").next_start, 0);
    EXPECT_LT(steps_, 1000u) << "a planned restart behind a hanging stop must not spin";
}

TEST_F(Wedge, a_changed_configuration_replaces_a_wedged_instance) {
    of("source").at_start.close();
    apply(pair, impatient);
    ASSERT_TRUE(until([&] { return settled("source", state::wedged); }));
    stage_->find("source")->at_start.open();
    EXPECT_EQ(
        reload(std::string(pair) + "config.label = \"x\"\n" + "[[collectors]]\ntype = \"source\"\nname = \"other\"\n",
               impatient),
        "");
    EXPECT_EQ(state_of("other"), state::running);
    EXPECT_EQ(state_of("source"), state::wedged) << "it did not change itself";
    ASSERT_TRUE(until([&] { return !it().busy(); }));
    EXPECT_EQ(reload("[[collectors]]\ntype = \"source\"\nconfig.label = \"y\"\n", impatient), "");
    EXPECT_EQ(state_of("source"), state::running);
    EXPECT_EQ(of("source").label(), "y");
}

// The successor reads the same subscription, so what the wedged one returns to must not be its input any more.
TEST_F(Wedge, a_consumer_that_hangs_loses_its_input_to_its_successor) {
    start(pair, impatient);
    of("sink").at_consume.close();
    of("source").publish(16);
    ASSERT_TRUE(until([&] { return of("sink").at_consume.waiting() == 1; }));
    of("source").publish(160);
    ASSERT_TRUE(until([&] { return of("source").published == 176; }));
    ASSERT_EQ(
        reload("[[collectors]]\ntype = \"source\"\n[[encoders]]\ntype = \"sink\"\nconfig.label = \"b\"\n", impatient),
        "");
    ASSERT_TRUE(until([&] { return status("sink").incarnation == 2 && settled("sink", state::running); }));
    EXPECT_TRUE(it().any_wedged());
    of("sink").at_consume.open();
    ASSERT_TRUE(until([&] { return of("sink").items == 176 && of("sink").alive == 1; }));
    EXPECT_EQ(of("sink").batches_of("plain"), 1) << "the one it was stuck on";
    stop();
    EXPECT_EQ(accounted("sink"), (account{.delivered = 176}));
}

}  // namespace
}  // namespace sonde::run::test
