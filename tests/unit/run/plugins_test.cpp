// SPDX-License-Identifier: Apache-2.0
// What the supervisor does when the registry changes under it.
#include "parts.hpp"
#include "world.hpp"

namespace sonde::run::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::string_view pair = "[[collectors]]\ntype = \"source\"\n[[encoders]]\ntype = \"sink\"\n";

class Plugins : public World {
protected:
    void upgrade() {
        upgraded_ = honest_upgrade();
        ASSERT_TRUE(plugins_.replace(honest_, upgraded_));
        it().plugins_changed();
    }
    [[nodiscard]] bool runs(std::string_view name, std::uint32_t incarnation) {
        const auto now = status(name);
        return now.state == state::running && now.incarnation == incarnation;
    }
    loader::module_ptr upgraded_;
};

TEST_F(Plugins, a_waiting_instance_starts_when_its_type_appears) {
    apply(std::string(pair) + "[[collectors]]\ntype = \"latecomer\"\n");
    ASSERT_TRUE(until([&] { return settled("source", state::running); }));
    EXPECT_EQ(state_of("latecomer"), state::waiting);
    it().plugins_changed();
    std::ignore = it().step();
    EXPECT_EQ(state_of("latecomer"), state::waiting) << "nothing has appeared yet";
    ASSERT_TRUE(plugins_.add(late()));
    it().plugins_changed();
    ASSERT_TRUE(until([&] { return runs("latecomer", 1); }));
    EXPECT_TRUE(runs("source", 1));
    EXPECT_TRUE(runs("sink", 1));
}

TEST_F(Plugins, a_waiting_instance_with_invalid_options_says_so_when_its_type_appears) {
    apply("[[collectors]]\ntype = \"latecomer\"\nconfig.pace = 0\n");
    std::ignore = it().step();
    ASSERT_TRUE(plugins_.add(late()));
    it().plugins_changed();
    ASSERT_TRUE(until([&] { return status("latecomer").last_error.find("pace") != std::string::npos; }));
    EXPECT_EQ(state_of("latecomer"), state::waiting);
}

TEST_F(Plugins, an_upgraded_module_replaces_what_runs_and_loses_nothing) {
    of("source").flows = true;
    start(pair);
    ASSERT_TRUE(until([&] { return of("sink").items > 50; }));
    upgrade();
    ASSERT_TRUE(until([&] { return runs("source", 2) && runs("sink", 2); }));
    EXPECT_EQ(status("source").module_version, "2.0.0");
    EXPECT_EQ(it().find("source")->settings().component.owner, upgraded_);
    stop();
    EXPECT_EQ(accounted("sink"), (account{.delivered = of("source").published}));
    EXPECT_EQ(of("sink").items, of("source").published);
}

TEST_F(Plugins, an_upgrade_that_does_not_start_leaves_the_old_version_running) {
    start(pair);
    of("sink").failing_starts = 1;
    upgrade();
    ASSERT_TRUE(until([&] { return of("sink").count("refuse") == 1 && !it().busy(); }));
    EXPECT_TRUE(runs("source", 1));
    EXPECT_TRUE(runs("sink", 1));
    EXPECT_EQ(status("source").module_version, "1.0.0");
    EXPECT_EQ(it().find("source")->settings().component.owner, honest_);
    EXPECT_THAT(log(), AllOf(HasSubstr("the old version goes on"), HasSubstr("the capability is missing")));
    it().plugins_changed();
    ASSERT_TRUE(until([&] { return runs("source", 3); })) << "the next change tries again";
}

TEST_F(Plugins, a_change_during_a_reload_is_followed_when_that_is_through) {
    start(pair);
    of("source").at_start.close();
    std::string answer = "none";
    it().reload(read("[[collectors]]\ntype = \"source\"\nconfig.label = \"b\"\n[[encoders]]\ntype = \"sink\"\n"), {},
                [&](const std::string& error) { answer = error; });
    ASSERT_TRUE(until([&] { return of("source").at_start.waiting() == 1; }));
    upgrade();
    std::ignore = it().step();
    EXPECT_EQ(of("sink").count("create"), 1) << "not beside the reload";
    of("source").at_start.open();
    ASSERT_TRUE(until([&] { return runs("sink", 2) && runs("source", 3); }));
    EXPECT_EQ(answer, "");
    EXPECT_EQ(status("sink").module_version, "2.0.0");
}

TEST_F(Plugins, an_instance_that_was_starting_is_upgraded_when_it_runs) {
    of("source").at_start.close();
    apply(pair);
    ASSERT_TRUE(until([&] { return of("source").at_start.waiting() == 1; }));
    upgrade();
    ASSERT_TRUE(until([&] { return runs("sink", 2); }));
    of("source").at_start.open();
    ASSERT_TRUE(until([&] { return runs("source", 2); }));
    EXPECT_EQ(it().find("source")->settings().component.owner, upgraded_);
}

TEST_F(Plugins, a_given_up_instance_is_tried_with_the_upgraded_module) {
    of("source").failing_starts = 4;
    apply(pair);
    ASSERT_TRUE(until([&] { return status("source").last_error.starts_with("given up"); }));
    upgrade();
    ASSERT_TRUE(until([&] { return settled("source", state::running); }));
    EXPECT_EQ(status("source").module_version, "2.0.0");
}

TEST_F(Plugins, an_instance_whose_type_has_gone_runs_on_and_waits_once_it_is_down) {
    start(pair);
    plugins_.retire(honest_);
    it().plugins_changed();
    std::ignore = it().step();
    EXPECT_TRUE(runs("source", 1)) << "the code stays mapped";
    EXPECT_THAT(restart("source"), HasSubstr("no loaded plugin offers the collector type 'source'"));
    EXPECT_EQ(state_of("source"), state::waiting);
    ASSERT_TRUE(plugins_.add(honest_));
    it().plugins_changed();
    ASSERT_TRUE(until([&] { return settled("source", state::running); }));
    EXPECT_TRUE(runs("sink", 1));
}

TEST_F(Plugins, a_disabled_instance_is_not_woken_by_its_type) {
    apply("[[collectors]]\ntype = \"latecomer\"\nenabled = false\n");
    std::ignore = it().step();
    ASSERT_TRUE(plugins_.add(late()));
    it().plugins_changed();
    std::ignore = it().step();
    EXPECT_EQ(state_of("latecomer"), state::disabled);
}

}  // namespace
}  // namespace sonde::run::test
