// SPDX-License-Identifier: Apache-2.0
// How consumers are fed: signals to collectors, idle calls, draining against deadlines, and stalls that get a name.
#include <chrono>

#include "support/clock.hpp"
#include "world.hpp"

namespace sonde::run::test {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view pair = "[[collectors]]\ntype = \"source\"\n[[encoders]]\ntype = \"sink\"\n";

class Consumer : public World {};

TEST_F(Consumer, a_late_subscriber_is_announced_to_the_collector_exactly_when_it_joins) {
    start(pair);
    ASSERT_TRUE(until([&] { return of("source").count("run") == 1; }));
    of("source").publish(1);
    ASSERT_TRUE(until([&] { return of("sink").items == 1; }));
    EXPECT_EQ(of("source").announcements, 0) << "the sink was there first";
    ASSERT_EQ(reload(std::string(pair) + "[[encoders]]\ntype = \"sink\"\nname = \"late\"\n"), "");
    ASSERT_TRUE(until([&] { return of("source").announcements == 1; }));
    ASSERT_EQ(restart("late"), "");
    ASSERT_EQ(reload(std::string(pair) + "[[encoders]]\ntype = \"sink\"\nname = \"late\"\nconfig.label = \"b\"\n"), "");
    ASSERT_TRUE(until([&] { return !it().busy(); }));
    ASSERT_EQ(reload(std::string(pair) + "[[encoders]]\ntype = \"sink\"\nname = \"late\"\nconfig.label = \"b\"\n"
                                         "[[encoders]]\ntype = \"sink\"\nname = \"other\"\ntopics = [\"refined/\"]\n"),
              "");
    of("source").publish(1);
    ASSERT_TRUE(until([&] { return of("late").items == 1 && of("sink").items == 2; }));
    EXPECT_EQ(of("source").announcements, 1) << "a kept input is nobody new, and another topic is no reason";
}

TEST_F(Consumer, an_enricher_that_begins_anew_is_announced_since_it_knows_nothing_any_more) {
    start("[[collectors]]\ntype = \"source\"\n[[enrichers]]\ntype = \"refiner\"\n");
    ASSERT_TRUE(until([&] { return of("source").count("run") == 1; }));
    of("source").publish(1);
    ASSERT_TRUE(until([&] { return of("refiner").items == 1; }));
    EXPECT_EQ(of("source").announcements, 0);
    ASSERT_EQ(restart("refiner"), "");
    EXPECT_TRUE(until([&] { return of("source").announcements == 1; }));
}

TEST_F(Consumer, idle_comes_when_the_queue_runs_empty) {
    start(pair);
    of("source").publish(10);
    ASSERT_TRUE(until([&] { return of("sink").items == 10 && of("sink").idles >= 1; }));
    const int idles = of("sink").idles;
    EXPECT_FALSE(it().any_wedged());
    stop();
    EXPECT_EQ(of("sink").idles, idles + 1) << "once more at the end, so that nothing stays unflushed";
}

TEST_F(Consumer, idle_comes_at_the_time_it_asked_for) {
    of("sink").idle_period = 5'000'000;
    start(pair);
    of("source").publish(1);
    ASSERT_TRUE(until([&] { return of("sink").idles >= 5; }));
}

TEST_F(Consumer, idle_comes_in_time_also_while_the_queue_never_runs_empty) {
    of("sink").idle_period = 1;  // due again after every batch
    start(pair);
    of("source").publish(1);
    ASSERT_TRUE(until([&] { return of("sink").idles >= 1; }));
    of("sink").at_consume.close();
    of("source").publish(96);
    ASSERT_TRUE(until([&] { return sealed_of("source") == 97; }));
    of("sink").at_consume.open();
    ASSERT_TRUE(until([&] { return of("sink").items == 97; }));
    EXPECT_TRUE(of("sink").was_idle_between(1, 97));
}

TEST_F(Consumer, draining_ends_at_the_stop_deadline_even_if_it_was_given_more_time) {
    of("source").flows = true;
    start(pair, "[host]\nstart_timeout = \"30s\"\nstop_timeout = \"50ms\"\ndrain_timeout = \"10m\"\n");
    of("sink").consume_time = 5'000'000;  // slower than the source, so that its queue never runs empty
    ASSERT_TRUE(until([&] { return sealed_of("source") > of("sink").items + 40; }));
    ASSERT_EQ(restart("sink"), "") << log();
    EXPECT_FALSE(it().any_wedged()) << "a source that never pauses must not wedge its reader";
    of("source").flows = false;
    of("sink").consume_time = 0;
}

TEST_F(Consumer, stop_is_told_its_deadline) {
    start(pair, "[host]\nstart_timeout = \"30s\"\nstop_timeout = \"20s\"\n");
    const std::int64_t before = support::monotonic_now();
    stop();
    const std::int64_t after = support::monotonic_now();
    for (const auto* name : {"source", "sink"}) {
        EXPECT_GE(of(name).stop_deadline, before + 20'000'000'000) << name;
        EXPECT_LE(of(name).stop_deadline, after + 20'000'000'000) << name;
    }
}

TEST_F(Consumer, one_that_is_behind_for_too_long_is_named_and_recovers) {
    start(pair, std::string(patient) + "[bus]\nstall_limit = \"100ms\"\n");
    of("sink").at_consume.close();
    of("source").publish(40);
    const auto before = std::chrono::steady_clock::now();
    ASSERT_TRUE(until([&] { return status("sink").health.reason == "stalled"; }));
    EXPECT_GE(std::chrono::steady_clock::now() - before, 100ms);
    const auto stalled = status("sink");
    EXPECT_EQ(stalled.health.status, health::recoverable);
    EXPECT_EQ(stalled.state, state::running);
    EXPECT_EQ(stalled.incarnation, 1u);
    EXPECT_THAT(log(), HasSubstr("does not keep up with its input"));
    of("sink").at_consume.open();
    ASSERT_TRUE(until([&] { return status("sink").health.status == health::ok; }));
    EXPECT_EQ(of("sink").items, 40u);
}

TEST_F(Consumer, one_that_was_idle_for_long_is_not_late_at_its_first_item) {
    start(pair, std::string(patient) + "[bus]\nstall_limit = \"400ms\"\n");
    const auto since = std::chrono::steady_clock::now();
    ASSERT_TRUE(until([&] { return std::chrono::steady_clock::now() - since > 450ms; }));
    of("sink").at_consume.close();
    const auto sent = std::chrono::steady_clock::now();
    of("source").publish(1);
    ASSERT_TRUE(until([&] { return of("sink").at_consume.waiting() == 1; }));
    bool named = false;
    ASSERT_TRUE(until([&] {
        const bool is_stalled = status("sink").health.reason == "stalled";
        const auto late = std::chrono::steady_clock::now() - sent;
        named = named || (is_stalled && late < 400ms);
        return late > 380ms;
    }));
    EXPECT_FALSE(named) << "it is late only once it has been behind for the limit";
}

}  // namespace
}  // namespace sonde::run::test
