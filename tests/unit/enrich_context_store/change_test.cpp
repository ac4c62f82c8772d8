// SPDX-License-Identifier: Apache-2.0
// What the store tells of its entities: changes in their order, snapshots, and the bytes themselves.
#include <gtest/gtest.h>

#include "world.hpp"

namespace sonde::enrich_context {
namespace {

using action = v1::EntityEvent;

TEST(Change, of_a_reused_pid_the_old_process_goes_before_the_new_one_comes) {
    world of;
    of.process(v1::ProcessEvent::KIND_EXEC, 7, noon, noon, "first");
    of.changes();
    of.process(v1::ProcessEvent::KIND_EXEC, 7, noon + 20 * second, noon + 20 * second, "second");
    const auto told = of.changes();
    ASSERT_EQ(told.size(), 2U);
    EXPECT_EQ(told[0].action(), action::ACTION_DELETED);
    EXPECT_EQ(told[0].process().name(), "first");
    EXPECT_EQ(told[1].action(), action::ACTION_SET);
    EXPECT_EQ(told[1].process().name(), "second");
    EXPECT_LT(told[0].revision(), told[1].revision());
}

TEST(Change, what_is_told_again_and_equal_is_no_change) {
    world of;
    of.pod({.address = "10.0.0.5", .containers = {{container_id(1)}}});
    EXPECT_EQ(of.changes().size(), 2U);
    const auto again = of.pod({.address = "10.0.0.5", .containers = {{container_id(1)}}});
    EXPECT_TRUE(again.state);
    of.pod({.address = "10.0.0.5", .version = 2, .containers = {{container_id(1)}}});
    EXPECT_TRUE(of.changes().empty());
    EXPECT_EQ(of.store.stats().unchanged, 1U);
}

TEST(Change, several_before_they_are_heard_are_told_once_with_the_last_state) {
    world of;
    of.pod({.phase = "Pending"});
    of.pod({.version = 2, .phase = "Running"});
    of.pod({.version = 3, .phase = "Running"}, v1::KubernetesObject::ACTION_DELETED, noon + second);
    const auto told = of.changes();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].action(), action::ACTION_DELETED);
    EXPECT_EQ(told[0].pod().phase(), "Running");
}

TEST(Change, a_snapshot_has_each_entity_once_and_a_mark_for_each_kind) {
    world of;
    of.pod({.number = 1, .containers = {{container_id(1)}}});
    of.pod({.number = 2, .name = "gone"}, v1::KubernetesObject::ACTION_DELETED, noon);
    of.service({});
    of.node("node-a", "192.0.2.1");
    of.replica_set("web-1", "rs-1", "web");
    of.process(v1::ProcessEvent::KIND_EXEC, 7, noon, noon, "init");
    std::vector<std::string> keys;
    std::size_t marks = 0;
    for (const auto& each : of.snapshot()) {
        if (each.action() == action::ACTION_SYNCED) {
            ++marks;
        } else {
            keys.push_back(each.key());
        }
    }
    EXPECT_EQ(marks, entity_kind_count - 1);
    const std::vector<std::string> expected{"host:host-1",
                                            "process:host-1/7/" + std::to_string(noon),
                                            "container:" + container_id(1),
                                            "pod:" + uid(1),
                                            "service:shop/web",
                                            "node:node-a",
                                            "workload:shop/ReplicaSet/web-1"};
    EXPECT_EQ(keys, expected);
}

TEST(Change, envelopes_are_state_or_events_or_both_or_malformed) {
    world of;
    using object = v1::KubernetesObject;
    const auto came = of.pod({.number = 1}, object::ACTION_ADDED, noon, object::ORIGIN_WATCH);
    EXPECT_TRUE(came.state && came.event);
    const auto listed = of.pod({.number = 2, .name = "b"}, object::ACTION_ADDED, noon, object::ORIGIN_LIST);
    EXPECT_TRUE(listed.state && !listed.event);
    const auto sample = of.process(v1::ProcessEvent::KIND_SAMPLE, 7, noon, noon, "a");
    EXPECT_TRUE(sample.state && !sample.event);
    const auto exec = of.process(v1::ProcessEvent::KIND_EXEC, 7, noon, noon, "a");
    EXPECT_TRUE(exec.state && exec.event);
    object happened;
    happened.set_kind("Event");
    happened.set_name("x");
    const auto event = of.tell(happened, noon);
    EXPECT_TRUE(!event.state && event.event);
    const auto other = of.tell_bytes("text/plain", "hello", noon);
    EXPECT_TRUE(!other.state && other.event && !other.malformed);
    EXPECT_TRUE(of.tell_bytes("sonde.v1.KubernetesObject", "\x0a\xff", noon).malformed);
    EXPECT_TRUE(of.tell_bytes("sonde.v1.ProcessEvent", "\x12\xff", noon).malformed);
    object broken = object_of({.number = 3}, object::ACTION_ADDED, object::ORIGIN_WATCH);
    broken.set_object_json(R"({"spec":{"nodeName":)");
    EXPECT_TRUE(of.tell(broken, noon).malformed);
    EXPECT_EQ(of.store.stats().malformed, 3U);
}

TEST(Change, the_bytes_of_an_answer_are_these) {
    world of;
    of.process(v1::ProcessEvent::KIND_EXEC, 7, 0x0102030405060708, 0x0102030405060708, "a", {}, 9);
    const answer told = of.store.find({.pid = 7, .process_start = 0x0102030405060708, .time = 0x0102030405060709});
    std::string hex;
    for (const std::uint8_t byte : told.context) {
        constexpr std::string_view digits = "0123456789abcdef";
        hex.append({digits[byte >> 4], digits[byte & 15]});
    }
    // host {id, name}; pod and container: not applicable; process {pid, create time, name, cgroup id}. Lengths of
    // nested messages take four bytes.
    EXPECT_EQ(hex, "0a90808000"
                   "0a06686f73742d31"
                   "12066e6f64652d61"
                   "420408031001"
                   "420408021001"
                   "1290808000"
                   "0807"
                   "110807060504030201"
                   "220161"
                   "4009");
}

}  // namespace
}  // namespace sonde::enrich_context
