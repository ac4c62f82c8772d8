// SPDX-License-Identifier: Apache-2.0
#include "config/diff.hpp"

#include "fixture.hpp"

namespace {

using namespace sonde::config;
using namespace sonde::config::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct configured {
    document made;
    values_by_instance values;
};

[[nodiscard]] configured configure(std::string_view toml, bool with_values = true, const environment& env = {}) {
    auto result = parsed(toml, env);
    EXPECT_TRUE(result.made) << result.text();
    configured all{std::move(*result.made), {}};
    for (const instance_config& one : all.made.instances) {
        auto values = validate(one, specs(every_type), env, result.found);
        EXPECT_TRUE(values) << result.text();
        if (with_values) {
            all.values[one.name] = std::move(*values);
        }
    }
    return all;
}

[[nodiscard]] difference between(const configured& before, const configured& after) {
    return compare(before.made, before.values, after.made, after.values);
}

[[nodiscard]] instance_change only(const difference& all) {
    EXPECT_EQ(all.instances.size(), 1u);
    return all.instances.empty() ? instance_change{} : all.instances.front();
}

const std::string head = "[[encoders]]\ntype = \"x\"\n";

TEST(Diff, another_spelling_is_unchanged) {
    const auto all = between(configure(head + "config.interval = \"60s\""),
                             configure("# note\n" + head + "name = \"x\"\nconfig.interval = \"1m\"\nconfig.count = 5"));
    EXPECT_TRUE(all.is_empty());
    EXPECT_EQ(only(all).what, change::unchanged);
}

TEST(Diff, reloadable_keys_keep_the_instance_running) {
    const auto one = only(between(configure(head), configure(head + "config.interval = \"1m\"\nconfig.ratio = 0.1")));
    EXPECT_EQ(one.what, change::reconfigured);
    EXPECT_THAT(one.keys, ElementsAre("config.ratio", "config.interval"));
    EXPECT_EQ(only(between(configure(head), configure(head + "required = true"))).what, change::reconfigured);
}

TEST(Diff, any_other_key_replaces_the_instance) {
    const auto one = only(between(configure(head), configure(head + "config.interval = \"1m\"\nconfig.count = 6")));
    EXPECT_EQ(one.what, change::replaced);
    EXPECT_THAT(one.keys, ElementsAre("config.count", "config.interval"));
    EXPECT_EQ(only(between(configure(head), configure(head + "config.peer = \"h:1\""))).what, change::replaced);
    EXPECT_EQ(only(between(configure(head + "config.peer = \"h:1\""), configure(head))).what, change::replaced);
    EXPECT_THAT(only(between(configure(head), configure(head + "delivery = \"lossy\"\ntopics = [\"raw/\"]"))).keys,
                ElementsAre("delivery", "topics"));
    EXPECT_THAT(only(between(configure(head), configure("[[encoders]]\ntype = \"y\"\nname = \"x\""))).keys,
                ElementsAre("type"));
}

TEST(Diff, added_removed_and_disabled_instances_are_told_apart) {
    const std::string two = head + "[[encoders]]\ntype = \"y\"\n";
    const auto added = between(configure(head), configure(two));
    ASSERT_EQ(added.instances.size(), 2u);
    EXPECT_EQ(added.instances[1].name, "y");
    EXPECT_EQ(added.instances[1].what, change::added);
    const auto removed = between(configure(two), configure(head));
    EXPECT_EQ(removed.instances[1].name, "y");
    EXPECT_EQ(removed.instances[1].what, change::removed);
    EXPECT_FALSE(removed.is_empty());
    EXPECT_EQ(only(between(configure(head), configure(head + "enabled = false"))).what, change::removed);
    EXPECT_EQ(only(between(configure(head + "enabled = false"), configure(head))).what, change::added);
    EXPECT_THAT(between(configure(head + "enabled = false"), configure(head + "enabled = false")).instances, IsEmpty());
}

TEST(Diff, a_changed_secret_behind_the_same_reference_counts) {
    const std::string text = head + "config.token = \"env:T\"";
    const auto one = only(between(configure(text, true, {{"T", "old"}}), configure(text, true, {{"T", "new"}})));
    EXPECT_EQ(one.what, change::replaced);
    EXPECT_THAT(one.keys, ElementsAre("config.token"));
}

TEST(Diff, without_values_options_are_compared_as_written) {
    EXPECT_TRUE(
        between(configure(head + "config.count = 6", false), configure(head + "config.count = 6", false)).is_empty());
    const auto one =
        only(between(configure(head + "config.count = 6", false), configure(head + "config.count = 7", false)));
    EXPECT_EQ(one.what, change::replaced);
    EXPECT_THAT(one.keys, ElementsAre("config.count"));
    EXPECT_EQ(only(between(configure(head, false), configure(head))).what, change::replaced);
}

TEST(Diff, settings_say_which_need_a_restart) {
    const auto all = between(configure(""), configure("[host]\nlog_level = \"debug\"\n[bus]\nseal_age = \"1ms\""));
    ASSERT_EQ(all.settings.size(), 2u);
    EXPECT_EQ(all.settings[0].key, "host.log_level");
    EXPECT_EQ(all.settings[0].before, "info");
    EXPECT_EQ(all.settings[0].after, "debug");
    EXPECT_FALSE(all.settings[0].needs_restart);
    EXPECT_THAT(all.restart_keys(), ElementsAre("bus.seal_age"));
    EXPECT_FALSE(all.is_empty());
}

}  // namespace
