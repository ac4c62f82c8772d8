// SPDX-License-Identifier: Apache-2.0
// Transitions of pods and nodes: what an object was told with before, what it is told with now, and for how long it was
// the former. Only what was seen to change counts as a change.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "world.hpp"

namespace sonde::enrich_context {
namespace {

using object = v1::KubernetesObject;

constexpr std::uint64_t four = 1'795'017'600 * second;  // "2026-11-18T16:00:00Z"

std::string condition(const std::string& type, const std::string& status, const std::string& clock = "16:00:00") {
    return fmt::format(R"({{"type":"{}","status":"{}","lastTransitionTime":"2026-11-18T{}Z"}})", type, status, clock);
}

std::string running(const std::string& clock, const std::string& last_end = "") {
    const std::string last =
        last_end.empty() ? ""
                         : fmt::format(R"(,"lastState":{{"terminated":{{"finishedAt":"2026-11-18T{}Z"}}}})", last_end);
    return fmt::format(R"("state":{{"running":{{"startedAt":"2026-11-18T{}Z"}}}}{})", clock, last);
}

std::string terminated(const std::string& reason, const std::string& began, const std::string& ended) {
    return fmt::format(
        R"("state":{{"terminated":{{"reason":"{}","exitCode":1,"startedAt":"2026-11-18T{}Z","finishedAt":"2026-11-18T{}Z"}}}})",
        reason, began, ended);
}

std::string waiting(const std::string& reason) {
    return fmt::format(R"("state":{{"waiting":{{"reason":"{}"}}}})", reason);
}

std::string web(const std::string& state) {
    return fmt::format(R"({{"name":"web","containerID":"containerd://{}",{}}})", container_id(1), state);
}

struct told {
    std::string conditions{};
    std::string containers{};
    std::string phase = "Running";
    std::string kind = "Pod";
    std::string name = "web-1";
    unsigned uid_of = 1;
    object::Action action = object::ACTION_MODIFIED;
    object::Origin origin = object::ORIGIN_WATCH;
};

class State : public ::testing::Test {
protected:
    world all;
    std::uint64_t version = 0;

    v1::UnifiedEvent tell(const told& of) {
        object made;
        made.set_action(of.action);
        made.set_origin(of.origin);
        made.set_kind(of.kind);
        made.set_name(of.name);
        made.set_namespace_(of.kind == "Pod" ? "shop" : "");
        made.set_uid(uid(of.uid_of));
        made.set_resource_version(std::to_string(++version));
        made.set_object_json(
            fmt::format(R"({{"spec":{{}},"status":{{"phase":"{}","conditions":[{}],"containerStatuses":[{}]}}}})",
                        of.phase, of.conditions, of.containers));
        all.tell(made, four + version * second);
        return sections_of(made);
    }
    v1::UnifiedEvent sections_of(const google::protobuf::Message& payload) {
        const std::string bytes = payload.SerializeAsString();
        schema::envelope_view envelope;
        envelope.data = {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
        const auto sections = all.store.object_sections(envelope);
        v1::UnifiedEvent event;
        EXPECT_TRUE(event.ParseFromArray(sections.data(), static_cast<int>(sections.size())));
        return event;
    }
    void expect_none(const told& of) {
        const auto event = tell(of);
        EXPECT_EQ(event.state_changes_size(), 0) << event.ShortDebugString();
    }
};

TEST_F(State, a_pod_that_is_no_longer_ready_says_what_it_was_and_for_how_long) {
    expect_none({.conditions = condition("Ready", "True"), .action = object::ACTION_ADDED});
    const auto event = tell({.conditions = condition("Ready", "False", "16:01:30")});
    ASSERT_EQ(event.state_changes_size(), 1) << event.ShortDebugString();
    const v1::StateChange& change = event.state_changes(0);
    EXPECT_EQ(change.name(), "Ready");
    EXPECT_EQ(change.previous(), "True");
    EXPECT_EQ(change.current(), "False");
    EXPECT_EQ(change.since_unix_nano(), four + 90 * second);
    EXPECT_TRUE(change.has_previous_duration());
    EXPECT_EQ(change.previous_duration(), 90 * second);
    expect_none({.conditions = condition("Ready", "False", "16:01:30")});
}

TEST_F(State, a_phase_has_no_time_of_its_own) {
    expect_none({.phase = "Pending", .action = object::ACTION_ADDED});
    const auto event = tell({.phase = "Running"});
    ASSERT_EQ(event.state_changes_size(), 1);
    EXPECT_EQ(event.state_changes(0).name(), "Phase");
    EXPECT_EQ(event.state_changes(0).previous(), "Pending");
    EXPECT_EQ(event.state_changes(0).current(), "Running");
    EXPECT_EQ(event.state_changes(0).since_unix_nano(), 0u);
    EXPECT_FALSE(event.state_changes(0).has_previous_duration());
}

TEST_F(State, a_container_goes_through_its_states_with_their_reasons) {
    expect_none({.containers = web(waiting("ContainerCreating")), .action = object::ACTION_ADDED});
    struct row {
        std::string state;
        std::string previous;
        std::string current;
        std::uint64_t since;
        std::uint64_t duration;
    };
    const row rows[] = {
        {running("16:00:10"), "waiting: ContainerCreating", "running", four + 10 * second, 0},
        {terminated("OOMKilled", "16:00:10", "16:00:25"), "running", "terminated: OOMKilled", four + 25 * second,
         15 * second},
        {running("16:00:27", "16:00:25"), "terminated: OOMKilled", "running", four + 27 * second, 2 * second},
        {waiting("CrashLoopBackOff"), "running", "waiting: CrashLoopBackOff", 0, 0},
    };
    for (const row& each : rows) {
        const auto event = tell({.containers = web(each.state)});
        ASSERT_EQ(event.state_changes_size(), 1) << each.current;
        const v1::StateChange& change = event.state_changes(0);
        EXPECT_EQ(change.name(), "container/web");
        EXPECT_EQ(change.previous(), each.previous);
        EXPECT_EQ(change.current(), each.current);
        EXPECT_EQ(change.since_unix_nano(), each.since);
        EXPECT_EQ(change.has_previous_duration(), each.duration != 0) << each.current;
        EXPECT_EQ(change.previous_duration(), each.duration) << each.current;
    }
}

TEST_F(State, of_a_run_that_was_not_told_of_no_duration_is_made_up) {
    expect_none({.containers = web(running("16:00:10")), .action = object::ACTION_ADDED});
    const auto ended = tell({.containers = web(terminated("Error", "16:05:00", "16:06:00"))});
    ASSERT_EQ(ended.state_changes_size(), 1);
    EXPECT_FALSE(ended.state_changes(0).has_previous_duration()) << "it was started again in between";
    const auto again = tell({.containers = web(running("16:09:00", "16:08:00"))});
    ASSERT_EQ(again.state_changes_size(), 1);
    EXPECT_FALSE(again.state_changes(0).has_previous_duration()) << "it ran and ended in between";
}

TEST_F(State, each_of_many_containers_has_its_own_state) {
    std::string before;
    std::string after;
    for (int i = 0; i < 5; ++i) {
        before += fmt::format(R"({}{{"name":"c{}",{}}})", i == 0 ? "" : ",", i, running("16:00:00"));
        after += fmt::format(R"({}{{"name":"c{}",{}}})", i == 0 ? "" : ",", i,
                             i == 3 ? terminated("Completed", "16:00:00", "16:00:05") : running("16:00:00"));
    }
    expect_none({.conditions = condition("Ready", "True"), .containers = before, .action = object::ACTION_ADDED});
    const auto event = tell({.conditions = condition("Ready", "False", "16:00:05"), .containers = after});
    ASSERT_EQ(event.state_changes_size(), 2) << event.ShortDebugString();
    EXPECT_EQ(event.state_changes(0).name(), "Ready");
    EXPECT_EQ(event.state_changes(1).name(), "container/c3");
    EXPECT_EQ(event.state_changes(1).previous_duration(), 5 * second);
    expect_none({.conditions = condition("Ready", "False", "16:00:05"), .containers = after});
}

TEST_F(State, a_container_that_is_told_for_the_first_time_has_not_changed) {
    expect_none({.conditions = condition("Ready", "True"), .action = object::ACTION_ADDED});
    expect_none({.conditions = condition("Ready", "True"), .containers = web(running("16:00:00"))});
}

TEST_F(State, a_node_tells_its_readiness_and_its_pressures) {
    const auto conditions = [](const std::string& ready, const std::string& memory, const std::string& clock) {
        return condition("Ready", ready, clock) + "," + condition("MemoryPressure", memory, clock) + "," +
               condition("DiskPressure", "False") + "," + condition("EtcdIsVoter", ready, clock);
    };
    told node{.conditions = conditions("True", "False", "16:00:00"), .kind = "Node", .name = "node-b"};
    node.action = object::ACTION_ADDED;
    node.origin = object::ORIGIN_LIST;
    expect_none(node);
    node.action = object::ACTION_MODIFIED;
    node.origin = object::ORIGIN_WATCH;
    node.conditions = conditions("Unknown", "True", "16:10:00");
    const auto event = tell(node);
    ASSERT_EQ(event.state_changes_size(), 2) << event.ShortDebugString();
    EXPECT_EQ(event.state_changes(0).name(), "Ready");
    EXPECT_EQ(event.state_changes(0).current(), "Unknown");
    EXPECT_EQ(event.state_changes(0).previous_duration(), 600 * second);
    EXPECT_EQ(event.state_changes(1).name(), "MemoryPressure");
    node.uid_of = 2;  // made anew under the same name
    node.conditions = conditions("True", "False", "16:20:00");
    expect_none(node);
}

TEST_F(State, what_changed_while_nobody_watched_is_told_without_a_duration) {
    expect_none({.conditions = condition("Ready", "True"), .action = object::ACTION_ADDED});
    const auto event = tell({.conditions = condition("Ready", "False", "16:30:00"), .origin = object::ORIGIN_RELIST});
    ASSERT_EQ(event.state_changes_size(), 1);
    EXPECT_EQ(event.state_changes(0).since_unix_nano(), four + 1800 * second);
    EXPECT_FALSE(event.state_changes(0).has_previous_duration());
}

TEST_F(State, lists_and_snapshots_change_nothing_and_are_remembered) {
    expect_none(
        {.conditions = condition("Ready", "True"), .action = object::ACTION_ADDED, .origin = object::ORIGIN_LIST});
    expect_none({.conditions = condition("Ready", "False", "16:02:00"), .origin = object::ORIGIN_SNAPSHOT});
    const auto event = tell({.conditions = condition("Ready", "True", "16:02:30")});
    ASSERT_EQ(event.state_changes_size(), 1);
    EXPECT_EQ(event.state_changes(0).previous(), "False");
    EXPECT_EQ(event.state_changes(0).previous_duration(), 30 * second);
}

TEST_F(State, a_deletion_is_no_transition_and_another_uid_is_another_pod) {
    expect_none({.conditions = condition("Ready", "True"), .action = object::ACTION_ADDED});
    expect_none({.conditions = condition("Ready", "False", "16:01:00"),
                 .phase = "Failed",
                 .action = object::ACTION_DELETED,
                 .origin = object::ORIGIN_RELIST});
    expect_none({.conditions = condition("Ready", "False", "16:02:00"), .uid_of = 2, .action = object::ACTION_ADDED});
    expect_none({.conditions = condition("Ready", "True", "16:03:00"), .uid_of = 3});
}

TEST_F(State, an_older_version_and_the_same_one_change_nothing) {
    expect_none({.conditions = condition("Ready", "True"), .action = object::ACTION_ADDED});
    version = 5;
    EXPECT_EQ(tell({.conditions = condition("Ready", "False", "16:01:00")}).state_changes_size(), 1);
    version = 2;
    expect_none({.conditions = condition("Ready", "True", "16:00:30")});
    version = 5;
    expect_none({.conditions = condition("Ready", "True", "16:00:30")});
}

TEST_F(State, an_object_whose_json_was_left_out_is_a_new_beginning) {
    expect_none({.conditions = condition("Ready", "True"), .action = object::ACTION_ADDED});
    object large;
    large.set_action(object::ACTION_MODIFIED);
    large.set_origin(object::ORIGIN_WATCH);
    large.set_kind("Pod");
    large.set_name("web-1");
    large.set_namespace_("shop");
    large.set_uid(uid(1));
    large.set_resource_version(std::to_string(++version));
    large.set_object_json_left_out(true);
    all.tell(large, four);
    EXPECT_EQ(sections_of(large).state_changes_size(), 0);
    expect_none({.conditions = condition("Ready", "False", "16:01:00")});
}

TEST_F(State, texts_of_states_go_with_their_objects) {
    const std::uint64_t before = all.store.stats().texts;
    for (const char* const state : {"True", "False", "True"}) {
        static_cast<void>(tell({.conditions = condition("Ready", state),
                                .containers = web(waiting(std::string("Because") + state)),
                                .name = "web-1"}));
    }
    EXPECT_GT(all.store.stats().texts, before);
    static_cast<void>(tell({.action = object::ACTION_DELETED}));
    all.store.tick(std::chrono::nanoseconds(four + 86'400 * second));
    EXPECT_EQ(all.store.stats().texts, before);
}

TEST_F(State, what_another_envelope_tells_carries_no_change_over) {
    expect_none({.conditions = condition("Ready", "True"), .action = object::ACTION_ADDED});
    EXPECT_EQ(tell({.conditions = condition("Ready", "False", "16:01:00")}).state_changes_size(), 1);
    all.process(v1::ProcessEvent::KIND_EXEC, 7, four, four, "sh");
    EXPECT_EQ(sections_of(object{}).state_changes_size(), 0);
}

}  // namespace
}  // namespace sonde::enrich_context
