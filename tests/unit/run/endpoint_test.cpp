// SPDX-License-Identifier: Apache-2.0
// Endpoint calls into running instances.
#include "run/instance.hpp"

#include <future>
#include <thread>

#include "world.hpp"

namespace sonde::run::test {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view pair = "[[collectors]]\ntype = \"source\"\n[[encoders]]\ntype = \"sink\"\n";

endpoint_call get(std::string_view name, std::uint64_t limit = 1000) { return {name, "GET", {}, {}, limit}; }

class Endpoint : public World {};

TEST_F(Endpoint, an_instance_lists_its_endpoints_while_it_runs) {
    start(pair);
    const auto found = it().find("source");
    ASSERT_NE(found, nullptr);
    const auto all = found->endpoints();
    ASSERT_EQ(all.size(), 4u);
    EXPECT_STREQ(all.front().name, "echo");
    EXPECT_TRUE(it().find("sink")->endpoints().empty());
    stop();
    EXPECT_TRUE(found->endpoints().empty());
}

TEST_F(Endpoint, a_list_can_be_read_as_long_as_the_instance_is_held) {
    start("[[collectors]]\ntype = \"breaker\"\n");
    const auto found = it().find("breaker");
    const auto all = found->endpoints();
    stop();
    ASSERT_TRUE(until([&] { return of("breaker").alive == 0; }));
    ASSERT_EQ(all.size(), 1u);
    EXPECT_STREQ(all.front().name, "only_while_it_lives");
}

TEST_F(Endpoint, a_call_gets_its_parameters_and_answers_with_its_content_type) {
    start(pair);
    const auto said = it().find("source")->call({"echo", "GET", {{"other", "x"}, {"say", "hello"}}, {}, 1000});
    ASSERT_TRUE(said) << said.error().message();
    EXPECT_EQ(said->body, "hello");
    EXPECT_EQ(said->content_type, "text/plain");
}

TEST_F(Endpoint, an_unknown_name_or_method_is_unsupported_and_named) {
    start(pair);
    for (const auto& [name, method] : {std::pair{"nothing", "GET"}, std::pair{"echo", "POST"}}) {
        const auto said = it().find("source")->call({name, method, {}, {}, 1000});
        ASSERT_FALSE(said);
        EXPECT_EQ(said.error().code, errc::unsupported);
        EXPECT_THAT(said.error().text, HasSubstr(std::string(method) + " '" + name + "'"));
    }
    EXPECT_EQ(it().find("sink")->call(get("echo")).error().code, errc::unsupported);
}

TEST_F(Endpoint, an_answer_ends_at_the_limit) {
    start(pair);
    const auto said = it().find("source")->call(get("big", 1000));
    ASSERT_FALSE(said);
    EXPECT_EQ(said.error().code, errc::exhausted);
    const auto fits = it().find("source")->call({"echo", "GET", {{"say", "12345"}}, {}, 5});
    ASSERT_TRUE(fits) << "exactly the limit";
    EXPECT_EQ(it().find("source")->call({"echo", "GET", {{"say", "123456"}}, {}, 5}).error().code, errc::exhausted);
}

TEST_F(Endpoint, an_error_of_the_plugin_keeps_its_code_and_text) {
    start(pair);
    const auto said = it().find("source")->call({"bad", "POST", {}, "soup", 1000});
    ASSERT_FALSE(said);
    EXPECT_EQ(said.error().code, errc::invalid);
    EXPECT_THAT(said.error().message(), HasSubstr("answering /bad: no such thing as 'soup'"));
}

TEST_F(Endpoint, calls_run_beside_each_other) {
    start(pair);
    of("source").at_call.close();
    const auto found = it().find("source");
    std::vector<std::future<result<endpoint_answer>>> calls;
    for (int i = 0; i < 4; ++i) {
        calls.push_back(std::async(std::launch::async, [&] { return found->call(get("wait")); }));
    }
    EXPECT_TRUE(until([&] { return of("source").at_call.waiting() == 4; }));
    EXPECT_EQ(found->call(get("echo"))->body, "nothing");
    of("source").at_call.open();
    for (auto& each : calls) {
        EXPECT_EQ(each.get()->body, "passed");
    }
}

TEST_F(Endpoint, calls_in_flight_end_before_stop_and_new_ones_are_refused) {
    start(pair);
    of("source").at_call.close();
    const auto found = it().find("source");
    auto call = std::async(std::launch::async, [&] { return found->call(get("wait")); });
    ASSERT_TRUE(until([&] { return of("source").at_call.waiting() == 1; }));
    it().stop_all();
    ASSERT_TRUE(until([&] { return settled("source", state::draining) && !found->call(get("echo")); }));
    const auto refused = found->call(get("echo"));
    EXPECT_EQ(refused.error().code, errc::stopped);
    EXPECT_THAT(refused.error().text, HasSubstr("'source' is not running"));
    EXPECT_EQ(of("source").count("stop"), 0);
    EXPECT_EQ(it().find("source"), nullptr);
    of("source").at_call.open();
    stop();
    EXPECT_EQ(call.get()->body, "passed");
    const auto journal = stage_->journal();
    const auto place = [&](const char* line) { return std::ranges::find(journal, line) - journal.begin(); };
    EXPECT_LT(place("source answer"), place("source stop"));
    EXPECT_EQ(of("source").count("stop"), 1);
}

TEST_F(Endpoint, a_call_that_hangs_wedges_its_instance_only) {
    start(pair, "[host]\nstart_timeout = \"30s\"\nstop_timeout = \"100ms\"\n");
    of("source").at_call.close();
    const auto found = it().find("source");
    auto call = std::async(std::launch::async, [&] { return found->call(get("wait")); });
    ASSERT_TRUE(until([&] { return of("source").at_call.waiting() == 1; }));
    stop();
    EXPECT_EQ(state_of("source"), state::wedged);
    EXPECT_EQ(state_of("sink"), state::stopped);
    of("source").at_call.open();
    EXPECT_TRUE(call.get());
    EXPECT_TRUE(until([&] { return of("source").alive == 0; })) << "it ends when the call does";
}

}  // namespace
}  // namespace sonde::run::test
