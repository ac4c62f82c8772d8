// SPDX-License-Identifier: Apache-2.0
// One store for the events of many hosts: what is numbered or told by each on its own is never mixed.
#include <gtest/gtest.h>

#include "sonde/v1/entity.pb.h"
#include "sonde/v1/metric.pb.h"
#include "world.hpp"

namespace sonde::enrich_context {
namespace {

using kind = v1::ProcessEvent;
using missing = v1::Context::Missing;

schema::envelope_view from(const char* node, const char* carrier = "central") {
    schema::envelope_view like;
    like.resource.node_name = node;
    like.resource.carrier_node = carrier;
    return like;
}

v1::ProcessEvent process(kind::Kind what, std::uint32_t pid, std::uint64_t start, const char* name) {
    v1::ProcessEvent event;
    event.set_kind(what);
    event.mutable_process()->set_pid(pid);
    event.mutable_process()->set_name(name);
    event.mutable_process()->set_create_time_unix_nano(start);
    return event;
}

v1::Host facts(const char* id) {
    v1::Host host;
    host.set_id(id);
    host.set_name(std::string(id) + "-name");
    return host;
}

TEST(Hosts, an_event_has_the_facts_of_the_host_that_it_comes_from) {
    world of;
    of.tell(facts("host-b"), noon, from("node-b"));
    of.tell(process(kind::KIND_EXEC, 7, noon, "there"), noon, from("node-b"));
    EXPECT_EQ(of.find({.node_name = "node-a"}).context.host().id(), "host-1");
    const auto there = of.find({.node_name = "node-b", .pid = 7});
    EXPECT_EQ(there.context.host().id(), "host-b");
    EXPECT_EQ(there.context.host().name(), "host-b-name");
    EXPECT_EQ(there.key, "process:host-b/7/" + std::to_string(noon));
    EXPECT_FALSE(of.find({.node_name = "node-c"}).context.has_host());
}

TEST(Hosts, facts_of_others_are_entities_as_our_own_are) {
    world of;
    of.tell(facts("host-b"), noon, from("node-b"));
    const auto changes = of.changes();
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].action(), v1::EntityEvent::ACTION_SET);
    EXPECT_EQ(changes[0].key(), "host:host-b");
    EXPECT_EQ(changes[0].host().name(), "host-b-name");
    of.tell(facts("host-b"), noon + second, from("node-b"));
    EXPECT_TRUE(of.changes().empty()) << "they are the same";
    std::vector<std::string> keys;
    for (const auto& each : of.snapshot()) {
        if (each.kind() == v1::ENTITY_KIND_HOST && each.action() == v1::EntityEvent::ACTION_SET) {
            keys.push_back(each.key());
        }
    }
    EXPECT_EQ(keys, (std::vector<std::string>{"host:host-1", "host:host-b"}));
}

TEST(Hosts, whoever_carries_the_first_events_is_this_host_and_not_whom_they_are_of) {
    auto settings = world::defaults();
    settings.node_name.clear();
    world of(settings);
    of.tell(v1::MetricSet{}, noon, from("node-b", "central"));
    EXPECT_FALSE(of.find({.node_name = "node-b"}).context.has_host());
    EXPECT_EQ(of.find({.node_name = "central"}).context.host().id(), "host-1");
}

TEST(Hosts, that_one_watches_its_processes_says_nothing_of_another) {
    world of;
    of.process(kind::KIND_EXEC, 7, noon, noon, "watched");  // here, starts and ends are told
    of.tell(process(kind::KIND_SAMPLE, 7, noon, "scanned"), noon + second, from("node-b"));
    EXPECT_EQ(of.find({.node_name = "node-a", .pid = 7, .time = noon + 60 * second}).context.process().name(),
              "watched");
    // Nobody would have told of its end.
    EXPECT_FALSE(of.find({.node_name = "node-b", .pid = 7, .time = noon + 60 * second}).context.has_process());
}

TEST(Hosts, why_a_process_is_not_known_depends_on_what_its_host_tells) {
    world of;
    of.process(kind::KIND_EXEC, 7, noon, noon, "here");
    of.tell(v1::MetricSet{}, noon, from("node-b"));
    EXPECT_EQ(of.find({.node_name = "node-a", .pid = 9}).why(missing::SECTION_PROCESS), missing::REASON_NOT_SYNCED);
    EXPECT_EQ(of.find({.node_name = "node-b", .pid = 9}).why(missing::SECTION_PROCESS), missing::REASON_NO_SOURCE);
}

TEST(Hosts, a_list_of_containers_ends_none_of_another_host) {
    world of;
    const auto told = [&](unsigned number, const char* node) {
        v1::ContainerEvent event;
        event.set_action(v1::ContainerEvent::ACTION_STARTED);
        event.mutable_container()->set_id(container_id(number));
        event.mutable_container()->set_runtime("docker");
        schema::envelope_view like = from(node);
        like.snapshot = true;
        of.tell(event, noon, like);
    };
    const auto synced = [&](const char* node) {
        v1::ContainerEvent event;
        event.set_action(v1::ContainerEvent::ACTION_SYNCED);
        event.set_container_count(1);
        of.tell(event, noon, from(node));
    };
    told(1, "node-b");
    told(2, "node-c");
    synced("node-b");
    synced("node-c");
    told(1, "node-b");
    synced("node-b");
    EXPECT_TRUE(of.find({.node_name = "node-c", .container_id = container_id(2)}).context.has_container());
    told(3, "node-b");
    synced("node-b");
    std::vector<std::string> gone;
    for (const auto& each : of.changes()) {
        if (each.action() == v1::EntityEvent::ACTION_DELETED) {
            gone.push_back(each.key());
        }
    }
    EXPECT_EQ(gone, (std::vector<std::string>{"container:" + container_id(1)}));
}

TEST(Hosts, beyond_the_limit_nothing_is_learned_and_contexts_are_empty_with_a_reason) {
    auto settings = world::defaults();
    settings.limits.hosts = 2;
    world of(settings);
    of.tell(process(kind::KIND_EXEC, 7, noon, "second"), noon, from("node-b"));
    const auto fate = of.tell(process(kind::KIND_EXEC, 7, noon, "third"), noon, from("node-c"));
    EXPECT_TRUE(fate.is_untaken);
    EXPECT_EQ(of.find({.node_name = "node-b", .pid = 7}).context.process().name(), "second");
    const auto third = of.find({.node_name = "node-c", .pid = 7});
    EXPECT_FALSE(third.context.has_process());
    EXPECT_FALSE(third.context.has_host());
    EXPECT_EQ(third.why(missing::SECTION_PROCESS), missing::REASON_NO_SOURCE);
    EXPECT_EQ(of.store.stats().untaken, 1U);
    EXPECT_EQ(of.store.stats().hosts, 2U);
}

TEST(Hosts, facts_that_are_none_are_malformed) {
    world of;
    schema::envelope_view like = from("node-b");
    EXPECT_TRUE(of.tell(v1::Host{}, noon, like).malformed);
    v1::Host large = facts("host-b");
    large.set_os_name(std::string(5000, 'x'));
    EXPECT_TRUE(of.tell(large, noon, like).malformed);
    EXPECT_FALSE(of.find({.node_name = "node-b"}).context.has_host());
}

}  // namespace
}  // namespace sonde::enrich_context
