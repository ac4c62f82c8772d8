// SPDX-License-Identifier: Apache-2.0
// Configuration changes that succeed: who keeps running, who is replaced, and that no item notices.
#include <algorithm>
#include <numeric>
#include <optional>

#include <fmt/format.h>

#include "parts.hpp"
#include "world.hpp"

namespace sonde::run::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view source = "[[collectors]]\ntype = \"source\"\n";
constexpr std::string_view sink = "[[encoders]]\ntype = \"sink\"\n";
constexpr std::string_view refiner = "[[enrichers]]\ntype = \"refiner\"\n";

std::string join(std::initializer_list<std::string_view> parts) {
    std::string all;
    for (const auto each : parts) {
        all += each;
    }
    return all;
}

class Reload : public World {
protected:
    [[nodiscard]] std::vector<std::string> names() {
        std::vector<std::string> all;
        for (const auto& each : it().status().instances) {
            all.push_back(each.name);
        }
        return all;
    }
    [[nodiscard]] bool runs(std::string_view name, std::uint32_t incarnation) {
        const auto now = status(name);
        return now.state == state::running && now.incarnation == incarnation;
    }
};

TEST_F(Reload, what_did_not_change_keeps_its_incarnation) {
    start(join({source, sink}));
    EXPECT_EQ(reload(join({"# another comment\n", source, sink, "config.label = \"plain\"\n"})), "");
    EXPECT_TRUE(runs("source", 1));
    EXPECT_TRUE(runs("sink", 1));
    EXPECT_EQ(of("source").count("configure"), 1);
    EXPECT_EQ(it().status().reloads_ok, 1u);
    EXPECT_EQ(it().status().reloads_failed, 0u);
    EXPECT_FALSE(it().busy());
}

TEST_F(Reload, a_reloadable_option_goes_through_configure_of_the_running_instance) {
    start(join({source, sink}));
    EXPECT_EQ(reload(join({source, "config.pace = 7\n", sink})), "");
    ASSERT_TRUE(until([&] { return of("source").count("configure") == 2; }));
    EXPECT_TRUE(runs("source", 1));
    EXPECT_EQ(of("source").count("create"), 1);
    EXPECT_EQ(of("source").count("start"), 1);
}

TEST_F(Reload, refused_reloadable_values_are_told_and_the_instance_goes_on) {
    start(join({source, sink}));
    of("source").broken = fault::fails_configure;
    EXPECT_EQ(reload(join({source, "config.pace = 7\n", sink})), "");
    ASSERT_TRUE(until([&] { return !status("source").last_error.empty(); }));
    EXPECT_THAT(status("source").last_error, HasSubstr("the new values were refused, the old ones stay"));
    EXPECT_THAT(status("source").last_error, HasSubstr("not one of ours"));
    EXPECT_TRUE(runs("source", 1));
}

TEST_F(Reload, a_successor_has_started_before_its_predecessor_is_stopped) {
    start(join({source, sink}));
    ASSERT_TRUE(until([&] { return of("source").count("run") == 1; }));
    EXPECT_EQ(reload(join({source, "config.label = \"new\"\n", sink})), "");
    ASSERT_TRUE(until([&] { return runs("source", 2) && of("source").count("run") == 2; }));
    auto lines = stage_->journal();
    std::erase_if(lines, [](const auto& line) { return !line.starts_with("source ") || line.ends_with("configure"); });
    EXPECT_THAT(lines, ElementsAre("source create", "source start", "source run", "source create", "source start",
                                   "source ran", "source stop", "source destroy", "source run"));
    EXPECT_TRUE(runs("sink", 1));
    EXPECT_EQ(of("source").label(), "new");
}

TEST_F(Reload, a_replaced_consumer_hands_its_subscription_over_without_loss_or_duplicate) {
    of("source").flows = true;
    start(join({source, sink}));
    for (int i = 0; i < 10; ++i) {
        const std::uint64_t before = of("sink").items;
        ASSERT_TRUE(until([&] { return of("sink").items > before + 20; }));
        ASSERT_EQ(reload(join({source, sink, fmt::format("config.label = \"n{}\"\n", i)})), "");
        ASSERT_TRUE(until([&] { return !it().busy(); }));
    }
    EXPECT_EQ(subscribers_of("source"), 1u);
    EXPECT_TRUE(runs("sink", 11));
    EXPECT_TRUE(runs("source", 1));
    stop();
    const std::uint64_t made = of("source").published;
    std::vector<std::uint64_t> all(made);
    std::iota(all.begin(), all.end(), 0);
    EXPECT_EQ(of("sink").taken(), all);
    EXPECT_EQ(accounted("sink"), (account{.delivered = made}));
}

TEST_F(Reload, a_consumer_with_other_topics_gets_another_subscription) {
    start(join({source, refiner, sink}));
    of("source").publish(10);
    ASSERT_TRUE(until([&] { return of("sink").items == 10 && sealed_of("refiner") == 10; }));
    ASSERT_EQ(reload(join({source, refiner, sink, "topics = [\"refined/\"]\n"})), "");
    ASSERT_TRUE(until([&] { return runs("sink", 2); }));
    EXPECT_EQ(subscribers_of("source"), 1u) << "the refiner";
    EXPECT_EQ(subscribers_of("refiner"), 1u);
    of("source").publish(5);
    ASSERT_TRUE(until([&] { return of("sink").items == 15; }));
    stop();
    EXPECT_EQ(accounted("sink"), (account{.delivered = 15}));
    EXPECT_EQ(accounted("refiner"), (account{.delivered = 15}));
}

TEST_F(Reload, a_consumer_with_other_delivery_gets_another_subscription) {
    start(join({source, sink}));
    ASSERT_EQ(reload(join({source, sink, "delivery = \"lossy\"\n"})), "");
    ASSERT_TRUE(until([&] { return runs("sink", 2); }));
    ASSERT_TRUE(until([&] { return subscribers_of("source") == 1; })) << "it opens its stream in its own time";
}

TEST_F(Reload, instances_are_added_removed_disabled_and_enabled) {
    start(join({source, sink}));
    ASSERT_EQ(reload(join({source, refiner, sink})), "");
    ASSERT_TRUE(until([&] { return runs("refiner", 1); }));
    EXPECT_THAT(names(), ElementsAre("source", "refiner", "sink")) << "in configuration order";

    ASSERT_EQ(reload(join({source, sink})), "");
    ASSERT_TRUE(until([&] { return names().size() == 2; }));
    EXPECT_EQ(of("refiner").alive, 0);
    EXPECT_THAT(metrics_.read("refiner").cells, IsEmpty());

    ASSERT_EQ(reload(join({source, "enabled = false\n", sink})), "");
    ASSERT_TRUE(until([&] { return settled("source", state::disabled); }));
    EXPECT_EQ(of("source").alive, 0);
    EXPECT_EQ(it().find("source"), nullptr);

    ASSERT_EQ(reload(join({source, sink})), "");
    ASSERT_TRUE(until([&] { return runs("source", 2); }));
    EXPECT_TRUE(runs("sink", 1));
    EXPECT_EQ(log().find("illegal"), std::string::npos);
}

TEST_F(Reload, a_name_may_change_its_role) {
    start(join({source, "name = \"x\"\n", sink}));
    ASSERT_EQ(reload(join({refiner, "name = \"x\"\n", sink})), "");
    ASSERT_TRUE(until([&] { return runs("x", 2); }));
    EXPECT_EQ(status("x").role, role::enricher);
    ASSERT_EQ(reload(join({source, "name = \"x\"\n", sink})), "");
    ASSERT_TRUE(until([&] { return runs("x", 3); }));
    EXPECT_EQ(of("x").alive, 1);
}

TEST_F(Reload, an_instance_added_again_while_it_is_leaving_stays) {
    start(join({source, sink}));
    of("source").at_stop.close();
    ASSERT_EQ(reload(std::string(sink)), "");
    ASSERT_TRUE(until([&] { return of("source").at_stop.waiting() == 1; }));
    ASSERT_EQ(reload(join({source, sink})), "");
    of("source").at_stop.open();
    ASSERT_TRUE(until([&] { return runs("source", 2); }));
    EXPECT_EQ(restart("source"), "") << "it is an instance like any other";
    EXPECT_EQ(log().find("illegal"), std::string::npos);
}

TEST_F(Reload, a_newcomer_takes_over_only_once_its_change_is_decided) {
    for (const std::string_view name : {"source", "sink"}) {
        SCOPED_TRACE(name);
        start(join({source, sink}));
        const auto before = status(name).incarnation;
        of(name).at_stop.close();
        ASSERT_EQ(reload(std::string(name == "sink" ? source : sink)), "");
        ASSERT_TRUE(until([&] { return of(name).at_stop.waiting() == 1; }));
        of(name).at_start.close();
        std::optional<std::string> answer;
        it().reload(read(join({source, sink})), {}, [&](const std::string& error) { answer = error; });
        ASSERT_TRUE(until([&] { return of(name).at_start.waiting() == 1; }));
        of(name).at_stop.open();
        ASSERT_TRUE(until([&] { return settled(name, state::stopped); })) << "the old one has gone, the new one waits";
        EXPECT_FALSE(answer);
        of(name).at_start.open();
        ASSERT_TRUE(until([&] { return answer && runs(name, before + 1); }));
        EXPECT_EQ(*answer, "");
        const auto items = of("sink").items.load();
        of("source").publish(10);
        ASSERT_TRUE(until([&] { return of("sink").items == items + 10; }));
        EXPECT_EQ(log().find("illegal"), std::string::npos);
        ASSERT_EQ(reload(""), "");
        ASSERT_TRUE(until([&] { return it().status().instances.empty(); }));
    }
}

TEST_F(Reload, an_instance_whose_new_type_is_unknown_waits_for_it) {
    start(join({source, sink}));
    ASSERT_EQ(reload(join({"[[collectors]]\ntype = \"latecomer\"\nname = \"source\"\n", sink})), "");
    ASSERT_TRUE(until([&] { return settled("source", state::waiting); }));
    EXPECT_EQ(of("source").alive, 0);
    EXPECT_THAT(status("source").last_error, HasSubstr("'latecomer'"));
    ASSERT_TRUE(plugins_.add(late()));
    it().plugins_changed();
    ASSERT_TRUE(until([&] { return settled("source", state::running); }));
}

TEST_F(Reload, an_added_instance_of_unknown_type_waits_for_it) {
    start(std::string(sink));
    ASSERT_EQ(reload(join({"[[collectors]]\ntype = \"latecomer\"\n", sink})), "");
    EXPECT_EQ(state_of("latecomer"), state::waiting);
    ASSERT_TRUE(plugins_.add(late()));
    it().plugins_changed();
    ASSERT_TRUE(until([&] { return settled("latecomer", state::running); }));
}

TEST_F(Reload, an_instance_with_corrected_options_starts) {
    apply(join({source, "config.pace = 1000\n", sink}));
    ASSERT_TRUE(until([&] { return settled("sink", state::running); }));
    EXPECT_EQ(state_of("source"), state::waiting);
    ASSERT_EQ(reload(join({source, "config.pace = 100\n", sink})), "");
    EXPECT_TRUE(runs("source", 1));
}

TEST_F(Reload, a_given_up_instance_starts_with_its_new_configuration) {
    of("source").failing_starts = 4;
    apply(join({source, sink}));
    ASSERT_TRUE(until([&] { return status("source").last_error.starts_with("given up"); }));
    ASSERT_EQ(reload(join({source, "config.label = \"new\"\n", sink})), "");
    ASSERT_TRUE(until([&] { return settled("source", state::running); }));
}

TEST_F(Reload, a_consumer_that_waits_for_its_next_try_takes_no_input_once_it_is_disabled) {
    constexpr std::string_view slow = "[host]\nrestart_min = \"1h\"\nrestart_max = \"1h\"\n";
    start(join({source, sink}), slow);
    ASSERT_TRUE(until([&] { return of("source").count("run") == 1; }));
    of("sink").failing_starts = 1;
    EXPECT_THAT(restart("sink"), HasSubstr("capability"));
    EXPECT_EQ(subscribers_of("source"), 1u);
    ASSERT_EQ(reload(join({source, sink, "enabled = false\n"}), slow), "");
    EXPECT_EQ(state_of("sink"), state::disabled);
    EXPECT_EQ(subscribers_of("source"), 0u);
}

TEST_F(Reload, a_consumer_launched_after_its_topics_changed_drops_the_old_subscription) {
    constexpr std::string_view slow = "[host]\nrestart_min = \"1h\"\nrestart_max = \"1h\"\n";
    start(join({source, refiner, sink}), slow);
    ASSERT_TRUE(until([&] { return of("source").count("run") == 1; }));
    of("sink").failing_starts = 1;
    EXPECT_THAT(restart("sink"), HasSubstr("capability"));
    ASSERT_EQ(reload(join({source, refiner, sink, "topics = [\"refined/\"]\n"}), slow), "");
    ASSERT_TRUE(until([&] { return settled("sink", state::running); }));
    EXPECT_EQ(subscribers_of("source"), 1u) << "the refiner";
}

TEST_F(Reload, settings_of_restarts_reach_instances_that_exist) {
    of("source").failing_starts = 1000;
    start(std::string(sink));
    ASSERT_EQ(reload(join({source, sink}), patient),
              "instance 'source' did not start: start: the capability is missing");
    of("source").failing_starts = 0;
    ASSERT_EQ(reload(join({source, sink}), patient), "");
    ASSERT_EQ(reload(join({source, sink}), "[host]\nrestart_limit = 0\n"), "");
    of("source").failing_starts = 1000;
    EXPECT_THAT(restart("source"), HasSubstr("capability"));
    EXPECT_THAT(status("source").last_error, HasSubstr("given up after 1 failures"));
}

TEST_F(Reload, a_reload_may_change_everything_at_once) {
    of("source").flows = true;
    start(join({source, refiner, sink}));
    ASSERT_EQ(reload(join({source, "config.label = \"b\"\n", refiner, "config.label = \"b\"\n", sink,
                           "config.label = \"b\"\n", source, "name = \"second\"\n"})),
              "");
    ASSERT_TRUE(until([&] { return !it().busy(); }));
    for (const auto* name : {"source", "refiner", "sink"}) {
        EXPECT_TRUE(runs(name, 2)) << name;
        EXPECT_EQ(of(name).label(), "b");
    }
    EXPECT_TRUE(runs("second", 1));
    of("source").flows = false;
    stop();
    EXPECT_EQ(accounted("sink"), (account{.delivered = of("source").published + of("second").published}));
}

}  // namespace
}  // namespace sonde::run::test
