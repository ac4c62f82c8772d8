// SPDX-License-Identifier: Apache-2.0
// Restarts on request, and that nothing is lost or counted twice over many of them.
#include <algorithm>
#include <numeric>
#include <optional>

#include "world.hpp"

namespace sonde::run::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::string_view pair = "[[collectors]]\ntype = \"source\"\n[[encoders]]\ntype = \"sink\"\n";
constexpr std::string_view slow_retry = R"([host]
start_timeout = "30s"
stop_timeout = "30s"
restart_min = "1h"
restart_max = "1h"
)";

class Restart : public World {
protected:
    // Every item that the source made was delivered once.
    void expect_exact() {
        const std::uint64_t made = of("source").published;
        std::vector<std::uint64_t> all(made);
        std::iota(all.begin(), all.end(), 0);
        EXPECT_EQ(committed("source"), made);
        EXPECT_EQ(accounted("sink"), (account{.delivered = made}));
        EXPECT_EQ(of("sink").taken(), all);
    }
};

TEST_F(Restart, it_is_answered_when_the_instance_runs_again) {
    start(pair);
    EXPECT_EQ(restart("source"), "");
    const auto now = status("source");
    EXPECT_EQ(now.state, state::running);
    EXPECT_EQ(now.incarnation, 2u);
    EXPECT_EQ(now.restarts, 1u);
    EXPECT_EQ(now.last_error, "");
    EXPECT_EQ(status("sink").incarnation, 1u);
}

TEST_F(Restart, unknown_disabled_and_waiting_instances_are_refused_with_the_reason) {
    apply(std::string(pair) + "[[collectors]]\ntype = \"source\"\nname = \"off\"\nenabled = false\n" +
          "[[collectors]]\ntype = \"later\"\n");
    ASSERT_TRUE(until([&] { return settled("source", state::running); }));
    EXPECT_EQ(restart("nobody"), "there is no instance named 'nobody'");
    EXPECT_THAT(restart("off"), AllOf(HasSubstr("'off' is disabled"), HasSubstr("cannot be restarted")));
    EXPECT_THAT(restart("later"), AllOf(HasSubstr("'later' is waiting"), HasSubstr("no loaded plugin offers")));
}

TEST_F(Restart, an_instance_that_waits_for_its_next_try_is_tried_at_once) {
    of("source").failing_starts = 1;
    apply(pair, slow_retry);
    ASSERT_TRUE(until([&] { return settled("source", state::failed); }));
    EXPECT_EQ(restart("source"), "");
    EXPECT_EQ(state_of("source"), state::running);
}

TEST_F(Restart, a_failing_restart_is_answered_with_the_error) {
    start(pair, slow_retry);
    of("source").failing_starts = 1;
    EXPECT_THAT(restart("source"), HasSubstr("the capability is missing"));
    EXPECT_EQ(state_of("source"), state::failed);
    EXPECT_EQ(restart("source"), "");
}

TEST_F(Restart, one_that_is_still_starting_is_started_anew) {
    of("source").at_start.close();
    apply(pair);
    ASSERT_TRUE(until([&] { return of("source").at_start.waiting() == 1; }));
    std::optional<std::string> answer;
    it().restart("source", [&](const std::string& error) { answer = error; });
    std::ignore = it().step();
    EXPECT_FALSE(answer);
    of("source").at_start.open();
    ASSERT_TRUE(until([&] { return answer.has_value(); }));
    EXPECT_EQ(*answer, "");
    EXPECT_EQ(status("source").incarnation, 2u);
    EXPECT_TRUE(until([&] { return of("source").count("run") == 1; }));
}

TEST_F(Restart, every_request_is_answered_also_when_they_overlap) {
    start(pair);
    of("source").at_start.close();
    int answers = 0;
    std::string refusal;
    it().restart("source", [&](const std::string& error) {
        ++answers;
        EXPECT_EQ(error, "");
    });
    ASSERT_TRUE(until([&] { return of("source").at_start.waiting() == 1; }));
    it().restart("source", [&](const std::string& error) {
        ++answers;
        refusal = error;
    });
    EXPECT_THAT(refusal, HasSubstr("being restarted already"));
    of("source").at_start.open();
    ASSERT_TRUE(until([&] { return answers == 2; }));
    EXPECT_EQ(status("source").incarnation, 2u);
}

TEST_F(Restart, stopping_answers_it) {
    start(pair);
    of("source").at_stop.close();
    std::optional<std::string> answer;
    it().restart("source", [&](const std::string& error) { answer = error; });
    std::ignore = it().step();
    it().stop_all();
    ASSERT_TRUE(answer);
    EXPECT_THAT(*answer, HasSubstr("stopping"));
    of("source").at_stop.open();
    stop();
    EXPECT_EQ(status("source").incarnation, 1u) << "it is not launched again";
    EXPECT_THAT(restart("source"), HasSubstr("stopping"));
}

TEST_F(Restart, a_removed_instance_is_not_launched_again_and_the_request_is_answered) {
    start(pair);
    of("source").at_stop.close();
    std::optional<std::string> answer;
    it().restart("source", [&](const std::string& error) { answer = error; });
    ASSERT_TRUE(until([&] { return of("source").at_stop.waiting() == 1; }));
    EXPECT_EQ(reload("[[encoders]]\ntype = \"sink\"\n"), "");
    ASSERT_TRUE(answer);
    EXPECT_THAT(*answer, HasSubstr("taken out of the configuration"));
    of("source").at_stop.open();
    ASSERT_TRUE(until([&] { return it().status().instances.size() == 1; }));
    EXPECT_EQ(of("source").count("create"), 1);
    EXPECT_EQ(log().find("illegal"), std::string::npos);
}

TEST_F(Restart, a_replaced_instance_answers_when_its_successor_runs) {
    start(pair);
    of("source").at_stop.close();
    std::optional<std::string> answer;
    it().restart("source", [&](const std::string& error) { answer = error; });
    ASSERT_TRUE(until([&] { return of("source").at_stop.waiting() == 1; }));
    EXPECT_EQ(reload("[[collectors]]\ntype = \"source\"\nconfig.label = \"new\"\n[[encoders]]\ntype = \"sink\"\n"), "");
    EXPECT_FALSE(answer);
    of("source").at_stop.open();
    ASSERT_TRUE(until([&] { return answer.has_value(); }));
    EXPECT_EQ(*answer, "");
    EXPECT_EQ(of("source").count("create"), 2) << "the successor is the restart";
    ASSERT_EQ(restart("source"), "");
    stop();
    EXPECT_EQ(of("source").count("create"), 3);
}

TEST_F(Restart, fifty_restarts_of_a_source_under_traffic_lose_nothing) {
    of("source").flows = true;
    start(pair);
    for (int i = 0; i < 50; ++i) {
        ASSERT_EQ(restart("source"), "");
        const std::uint64_t before = of("source").published;
        ASSERT_TRUE(until([&] { return of("source").published > before; }));
    }
    stop();
    EXPECT_EQ(status("source").incarnation, 51u);
    EXPECT_GT(of("source").published, 100u);
    expect_exact();
}

TEST_F(Restart, fifty_restarts_of_a_consumer_under_traffic_lose_nothing) {
    of("source").flows = true;
    start(pair, "[host]\nstart_timeout = \"30s\"\nstop_timeout = \"30s\"\ndrain_timeout = \"5ms\"\n");
    for (int i = 0; i < 50; ++i) {
        ASSERT_EQ(restart("sink"), "");
    }
    ASSERT_TRUE(until([&] { return of("sink").items > 100; }));
    it().stop_all();
    ASSERT_TRUE(until([&] { return it().finished(); }));
    EXPECT_EQ(status("sink").incarnation, 51u);
    // The end has its drain time; what it did not reach is counted, not lost.
    const account all = accounted("sink");
    EXPECT_EQ(all.delivered + all.shutdown, of("source").published);
    EXPECT_EQ(all.delivered, of("sink").items);
    EXPECT_EQ(all.lost + all.failed + all.in_flight, 0u);
}

TEST_F(Restart, an_instance_that_keeps_its_input_gets_each_item_once) {
    start(pair);
    for (std::uint64_t i = 1; i <= 10; ++i) {
        of("sink").at_consume.close();
        of("source").publish(40);
        ASSERT_TRUE(until([&] { return of("source").published == 40 * i; }));
        of("sink").at_consume.open();
        ASSERT_EQ(restart("sink"), "");
    }
    stop();
    expect_exact();
}

}  // namespace
}  // namespace sonde::run::test
