// SPDX-License-Identifier: Apache-2.0
#include "container/containerd_messages.hpp"

#include <gtest/gtest.h>

#include "samples.hpp"
#include "wire_text.hpp"

namespace sonde::container::containerd {
namespace {

using namespace container::testing;

std::string envelope(std::string_view topic, const std::string& inner) {
    return message({nested(1, {uint(1, 5), uint(2, 7)}), text(2, "k8s.io"), text(3, topic),
                    nested(4, {text(1, "type"), text(2, inner)})});
}

TEST(ContainerdMessages, a_container_with_its_specification) {
    const std::string list =
        nested(1, {text(1, "c1"), entry(2, "tier", "web"), text(3, "registry/web:1"),
                   nested(5, {text(1, "types.containerd.io/opencontainers/runtime-spec/1/Spec"), text(2, "{}")}),
                   nested(8, {uint(1, 2), uint(2, 3)})});
    std::vector<listed_container> all;
    ASSERT_TRUE(read_containers(bytes_of(list), all));
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].facts.id, "c1");
    EXPECT_EQ(all[0].facts.image_name, "registry/web");
    EXPECT_EQ(all[0].facts.created, 2'000'000'003);
    EXPECT_EQ(all[0].spec, "{}");
}

TEST(ContainerdMessages, tasks_in_every_state) {
    std::vector<container_facts> all;
    const std::string list =
        message({nested(1, {text(2, "a"), uint(3, 9), uint(4, 2)}), nested(1, {text(1, "b"), uint(4, 3), uint(9, 5)}),
                 nested(1, {text(2, "c"), uint(4, 3)}), nested(1, {text(2, "d"), uint(4, 4)})});
    ASSERT_TRUE(read_tasks(bytes_of(list), all));
    ASSERT_EQ(all.size(), 4u);
    EXPECT_EQ(all[0].state, run_state::running);
    EXPECT_EQ(all[0].init_pid, 9u);
    EXPECT_EQ(all[1].state, run_state::exited);
    EXPECT_EQ(all[1].exit_code, 5);
    EXPECT_EQ(all[2].exit_code, 0);
    EXPECT_EQ(all[3].state, run_state::paused);
}

TEST(ContainerdMessages, events_name_container_process_and_code) {
    event started;
    ASSERT_TRUE(read_event(bytes_of(envelope("/tasks/start", message({text(1, "c1"), uint(2, 42)}))), started));
    EXPECT_EQ(started.what, event::kind::started);
    EXPECT_EQ(started.runtime_namespace, "k8s.io");
    EXPECT_EQ(started.container_id, "c1");
    EXPECT_EQ(started.pid, 42u);
    EXPECT_EQ(started.time, 5'000'000'007);

    event exited;
    ASSERT_TRUE(read_event(bytes_of(envelope("/tasks/exit", message({text(1, "c1"), text(2, "c1"), uint(3, 42),
                                                                     uint(4, 3), nested(5, {uint(1, 6)})}))),
                           exited));
    EXPECT_EQ(exited.what, event::kind::exited);
    EXPECT_EQ(exited.exit_code, 3);
    EXPECT_EQ(exited.time, 6'000'000'000);
}

TEST(ContainerdMessages, the_end_of_a_further_process_is_not_the_containers) {
    event told;
    ASSERT_TRUE(
        read_event(bytes_of(envelope("/tasks/exit", message({text(1, "c1"), text(2, "exec-1"), uint(3, 43)}))), told));
    EXPECT_EQ(told.what, event::kind::other);
}

TEST(ContainerdMessages, other_topics_are_nothing) {
    event told;
    ASSERT_TRUE(read_event(bytes_of(envelope("/images/create", text(1, "x"))), told));
    EXPECT_EQ(told.what, event::kind::other);
}

TEST(ContainerdMessages, namespaces) {
    std::vector<std::string> names;
    ASSERT_TRUE(
        read_namespaces(bytes_of(message({nested(1, {text(1, "moby")}), nested(1, {text(1, "k8s.io")})})), names));
    EXPECT_EQ(names, (std::vector<std::string>{"moby", "k8s.io"}));
}

}  // namespace
}  // namespace sonde::container::containerd
