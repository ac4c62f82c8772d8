// SPDX-License-Identifier: Apache-2.0
// What becomes of instances that do not start, end by themselves, throw, or call themselves ill.
#include <algorithm>

#include "world.hpp"

namespace sonde::run::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::string_view pair = "[[collectors]]\ntype = \"source\"\n[[encoders]]\ntype = \"sink\"\n";
constexpr std::string_view with_breaker = "[[collectors]]\ntype = \"breaker\"\n[[encoders]]\ntype = \"sink\"\n";

class Failure : public World {
protected:
    [[nodiscard]] bool given_up(std::string_view name) {
        const auto now = status(name);
        return now.state == state::failed && now.next_start == 0 && now.last_error.starts_with("given up");
    }
};

TEST_F(Failure, an_instance_that_does_not_start_is_tried_again_until_the_limit_and_then_given_up) {
    of("source").failing_starts = 100;
    apply(pair);
    ASSERT_TRUE(until([&] { return given_up("source"); }));
    const auto now = status("source");
    EXPECT_THAT(now.last_error, AllOf(HasSubstr("after 4 failures"), HasSubstr("start: the capability is missing")));
    EXPECT_GT(now.last_error_at, 0);
    EXPECT_EQ(now.restarts, 3u);
    EXPECT_EQ(now.incarnation, 4u);
    EXPECT_EQ(of("source").count("refuse"), 4);
    EXPECT_EQ(of("source").count("stop"), 4) << "stop is legal after a failed start, and releases";
    EXPECT_EQ(of("source").alive, 0);
    EXPECT_EQ(state_of("sink"), state::running);
    EXPECT_EQ(it().fatal(), "");
}

TEST_F(Failure, an_instance_that_starts_in_the_end_runs) {
    of("source").failing_starts = 2;
    start(pair);
    EXPECT_EQ(status("source").restarts, 2u);
    EXPECT_EQ(status("source").incarnation, 3u);
    EXPECT_THAT(status("source").last_error, HasSubstr("capability")) << "history stays";
}

TEST_F(Failure, between_tries_the_next_start_is_shown_and_nothing_spins) {
    of("source").failing_starts = 1;
    apply(pair, "[host]\nrestart_min = \"100ms\"\nrestart_max = \"100ms\"\n");
    ASSERT_TRUE(until([&] { return settled("source", state::failed) && settled("sink", state::running); }));
    const auto now = status("source");
    EXPECT_GT(now.next_start, 0);
    EXPECT_EQ(it().find("source"), nullptr);
    ASSERT_TRUE(until([&] { return settled("source", state::running); }));
    EXPECT_LT(steps_, 300u);
}

TEST_F(Failure, a_required_instance_that_does_not_start_is_fatal_and_named) {
    of("source").failing_starts = 1;
    apply(std::string(pair) + "[[collectors]]\ntype = \"source\"\nname = \"vital\"\nrequired = true\n");
    of("vital").failing_starts = 1;
    ASSERT_TRUE(until([&] { return !it().fatal().empty(); }));
    EXPECT_THAT(it().fatal(), AllOf(HasSubstr("'vital'"), HasSubstr("the capability is missing")));
}

TEST_F(Failure, a_required_instance_that_fails_later_is_not_fatal_but_not_ready) {
    start("[[collectors]]\ntype = \"source\"\nrequired = true\n");
    ASSERT_TRUE(until([&] { return it().status().applied; }));
    of("source").failing_starts = 100;
    EXPECT_THAT(restart("source"), HasSubstr("capability"));
    EXPECT_EQ(it().fatal(), "");
    std::string why;
    EXPECT_FALSE(is_ready(it().status(), &why));
    EXPECT_THAT(why, HasSubstr("'source'"));
}

TEST_F(Failure, a_run_that_returns_by_itself_fails_and_is_started_again) {
    start(pair);
    of("source").broken = fault::returns_from_run;
    ASSERT_EQ(restart("source"), "");
    ASSERT_TRUE(until([&] { return status("source").incarnation > 2; }));
    EXPECT_THAT(status("source").last_error, HasSubstr("run returned without being told to stop"));
    of("source").broken = fault::none;
    ASSERT_TRUE(until([&] { return settled("source", state::running) || given_up("source"); }));
    EXPECT_EQ(status("sink").incarnation, 1u);
}

TEST_F(Failure, a_run_that_fails_is_given_up_after_the_limit_with_what_it_said) {
    of("source").broken = fault::fails_run;
    apply(pair);
    ASSERT_TRUE(until([&] { return given_up("source") && of("source").alive == 0; }));
    EXPECT_THAT(status("source").last_error, HasSubstr("the kernel closed the ring"));
    EXPECT_EQ(of("source").count("run"), 4);
    EXPECT_EQ(of("source").count("destroy"), 4);
    EXPECT_EQ(state_of("sink"), state::running);
}

class Thrown : public Failure, public ::testing::WithParamInterface<std::pair<fault, const char*>> {};

TEST_P(Thrown, an_exception_fails_its_own_instance_only) {
    of("breaker").broken = GetParam().first;
    apply(with_breaker);
    ASSERT_TRUE(until([&] { return given_up("breaker") && of("breaker").alive == 0; })) << log();
    EXPECT_THAT(status("breaker").last_error, HasSubstr(GetParam().second));
    EXPECT_EQ(state_of("sink"), state::running);
    EXPECT_EQ(status("sink").incarnation, 1u);
    of("breaker").broken = fault::none;
    EXPECT_EQ(restart("breaker"), "") << "and it may come back";
    EXPECT_FALSE(it().any_wedged());
}

INSTANTIATE_TEST_SUITE_P(
    Call, Thrown,
    ::testing::Values(
        std::pair{fault::throws_in_create, "create threw an exception across the ABI: nobody caught this"},
        std::pair{fault::throws_in_configure, "configure threw an exception across the ABI: nobody"},
        std::pair{fault::throws_in_start, "start threw an exception across the ABI: nobody"},
        std::pair{fault::throws_in_get_extension, "get_extension threw an exception across the ABI: nobody"},
        std::pair{fault::throws_in_run, "run threw an exception across the ABI: nobody"},
        std::pair{fault::throws_a_number_in_run, "run threw an unknown exception across the ABI"},
        std::pair{fault::fails_create, "create: no memory for that"}));

TEST_F(Failure, exceptions_from_stop_and_destroy_are_logged_and_the_stop_goes_on) {
    start(with_breaker);
    of("breaker").broken = fault::throws_in_stop;
    ASSERT_EQ(restart("breaker"), "");
    of("breaker").broken = fault::throws_in_destroy;
    stop();
    EXPECT_EQ(of("breaker").count("destroy"), 2);
    EXPECT_FALSE(it().any_wedged());
    EXPECT_THAT(log(), AllOf(HasSubstr("stop threw an exception"), HasSubstr("destroy threw an exception")));
}

TEST_F(Failure, an_exception_from_consume_fails_the_batch_and_delivery_goes_on) {
    of("breaker_sink").broken = fault::throws_in_consume;
    start("[[collectors]]\ntype = \"source\"\n[[encoders]]\ntype = \"breaker_sink\"\n");
    of("source").publish(30);
    ASSERT_TRUE(until([&] { return accounted("breaker_sink").failed == 30; }));
    of("breaker_sink").broken = fault::none;
    of("source").publish(20);
    ASSERT_TRUE(until([&] { return of("breaker_sink").items == 20; }));
    stop();
    EXPECT_EQ(accounted("breaker_sink"), (account{.delivered = 20, .failed = 30}));
    EXPECT_EQ(status("breaker_sink").incarnation, 1u);
    EXPECT_THAT(log(), HasSubstr("consume threw an exception"));
}

TEST_F(Failure, a_failing_consume_counts_its_items_as_failed) {
    start(pair);
    of("sink").broken = fault::fails_consume;
    of("source").publish(30);
    ASSERT_TRUE(until([&] { return accounted("sink").failed == 30; }));
    EXPECT_EQ(state_of("sink"), state::running);
    EXPECT_THAT(log(), HasSubstr("consume: the disk is full"));
}

TEST_F(Failure, an_error_text_without_an_end_is_cut) {
    of("breaker").broken = fault::unterminated_text;
    apply(with_breaker);
    ASSERT_TRUE(until([&] { return given_up("breaker"); }));
    EXPECT_THAT(status("breaker").last_error, HasSubstr("xxx"));
    EXPECT_LT(status("breaker").last_error.size(), 1000u);
}

TEST_F(Failure, a_fatal_report_from_run_takes_the_instance_down_and_it_is_started_again) {
    of("source").broken = fault::fatal_in_run;
    apply(pair);
    ASSERT_TRUE(until([&] { return status("source").restarts >= 1; }));
    of("source").broken = fault::none;
    ASSERT_TRUE(until([&] { return settled("source", state::running) || given_up("source"); }));
    EXPECT_THAT(status("source").last_error, HasSubstr("no_device: the device is gone"));
    EXPECT_EQ(status("sink").incarnation, 1u);
}

TEST_F(Failure, a_fatal_report_from_start_is_not_overlooked) {
    of("source").broken = fault::fatal_in_start;
    apply(pair);
    ASSERT_TRUE(until([&] { return given_up("source"); }));
    EXPECT_THAT(status("source").last_error, HasSubstr("no_device"));
}

TEST_F(Failure, a_recoverable_report_is_shown_and_nothing_is_done_about_it) {
    of("source").broken = fault::recoverable_in_run;
    start(pair);
    ASSERT_TRUE(until([&] { return status("source").health.status == health::recoverable; }));
    const auto now = status("source");
    EXPECT_EQ(now.health.reason, "slow_peer");
    EXPECT_EQ(now.health.text, "the peer is slow");
    EXPECT_EQ(now.health.count, 1u);
    EXPECT_GT(now.health.since, 0);
    EXPECT_EQ(now.state, state::running);
    EXPECT_EQ(now.incarnation, 1u);
    EXPECT_FALSE(is_well(now));
}

TEST_F(Failure, while_a_consumer_is_down_its_input_waits_for_it) {
    start(pair, "[host]\nrestart_min = \"1h\"\nrestart_max = \"1h\"\n");
    of("sink").failing_starts = 1;
    EXPECT_THAT(restart("sink"), HasSubstr("capability"));
    of("source").publish(50);
    ASSERT_TRUE(until([&] { return of("source").published == 50; }));
    EXPECT_EQ(of("sink").items, 0u);
    EXPECT_EQ(restart("sink"), "");
    ASSERT_TRUE(until([&] { return of("sink").items == 50; }));
    EXPECT_THAT(of("sink").taken(), SizeIs(50));
    stop();
    EXPECT_EQ(accounted("sink"), (account{.delivered = 50}));
}

TEST_F(Failure, a_consumer_that_is_given_up_holds_no_lane_memory) {
    start(pair);
    ASSERT_EQ(restart("source"), "");
    ASSERT_TRUE(until([&] { return of("source").count("run") == 2; }));
    of("sink").failing_starts = 100;
    EXPECT_THAT(restart("sink"), HasSubstr("capability"));
    ASSERT_TRUE(until([&] { return given_up("sink"); }));
    EXPECT_EQ(subscribers_of("source"), 0u);
    of("sink").failing_starts = 0;
    EXPECT_EQ(restart("sink"), "") << "given up does not mean for ever";
    EXPECT_EQ(subscribers_of("source"), 1u);
}

}  // namespace
}  // namespace sonde::run::test
