// SPDX-License-Identifier: Apache-2.0
#include "k8s/options.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include <sonde/testing/config.hpp>

#include "k8s/collector.hpp"

namespace sonde::k8s {
namespace {

result<option_values> read(const sonde::testing::option_texts& texts, std::string node = "") {
    auto config = sonde::testing::config::from(component_table<collector>::table, texts);
    if (!config) {
        return std::unexpected(config.error());
    }
    return read_options(config->settings(),
                        [&](const char* name) { return std::string_view(name) == "NODE_NAME" ? node : std::string{}; });
}

bool has(const option_values& values, kind_id kind) {
    return std::ranges::find(values.kinds, kind) != values.kinds.end();
}

TEST(Options, a_daemon_set_watches_its_node_and_leaves_events_to_others) {
    const auto values = read({}, "node-a");
    ASSERT_TRUE(values);
    EXPECT_EQ(values->node_name, "node-a");
    EXPECT_FALSE(has(*values, kind_id::events));
    EXPECT_TRUE(has(*values, kind_id::pods));
    const auto wanted = read({{"kinds", "pods,events"}}, "node-a");
    EXPECT_TRUE(has(*wanted, kind_id::events));
}

TEST(Options, without_a_node_name_the_cluster_is_watched) {
    const auto values = read({});
    ASSERT_TRUE(values);
    EXPECT_TRUE(values->node_name.empty());
    EXPECT_TRUE(has(*values, kind_id::events));
    EXPECT_TRUE(read({{"scope", "cluster"}}, "node-a")->node_name.empty());
    EXPECT_FALSE(read({{"scope", "node"}}));
    EXPECT_EQ(read({{"scope", "node"}, {"node_name", "n"}}, "node-a")->node_name, "n");
}

TEST(Options, events_of_the_systems_namespaces_are_ignored_but_not_its_objects) {
    const auto values = read({{"ignored_namespaces", "noise"}});
    ASSERT_TRUE(values);
    EXPECT_TRUE(values->ignored_event_namespaces.contains("kube-system"));
    EXPECT_TRUE(values->ignored_event_namespaces.contains("noise"));
    EXPECT_EQ(values->ignored_namespaces.size(), 1U);
}

TEST(Options, selectors_belong_to_kinds) {
    const auto values = read({{"field_selectors", "events=type"}, {"label_selectors", "pods=tier"}});
    ASSERT_TRUE(values);
    EXPECT_EQ(values->field_selectors.at(kind_id::events), "type");
    EXPECT_EQ(values->label_selectors.at(kind_id::pods), "tier");
    const auto wrong = read({{"field_selectors", "pod=a"}});
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().where, "field_selectors");
}

TEST(Options, secrets_are_refused) {
    const auto values = read({{"kinds", "secrets"}});
    ASSERT_FALSE(values);
    EXPECT_EQ(values.error().where, "kinds");
}

}  // namespace
}  // namespace sonde::k8s
