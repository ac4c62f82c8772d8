// SPDX-License-Identifier: Apache-2.0
// The component as a host drives it, over the true store.
#include "enrich_context/enricher.hpp"

#include <boost/json.hpp>

#include <sonde/testing/driver.hpp>

#include "fixture.hpp"

namespace sonde::enrich_context::testing {
namespace {

using namespace std::chrono_literals;
using sonde::testing::built_batch;
using sonde::testing::consumer_driver;

class Enricher : public ::testing::Test {
protected:
    fake_host host;
    consumer_driver driver{host, component_table<enricher>::table};
    batch_builder processes{"raw/process/event/", {"process", "process", "node-1", 3, {}, 7, 0}};

    void feed(const built_batch& batch) {
        const auto fed = driver.feed(batch);
        ASSERT_TRUE(fed) << fed.error().message();
    }
    void add_exec(std::uint32_t pid) {
        processes.add([&](envelope_writer& envelope) {
            envelope.time(host.clock.wall(), clock_quality::kernel);
            envelope.process(pid, host.clock.wall());
            envelope.data("sonde.v1.ProcessEvent", 1, bytes_of(exec_of(pid, {"java", "-jar", "shop-1.0.jar"})));
        });
    }
    void pass(std::chrono::nanoseconds time) {
        for (auto rest = time; rest > 0ns; rest -= 10ms) {
            host.clock.advance(10ms);
            static_cast<void>(driver.idle(host.clock.monotonic()));
        }
    }
    [[nodiscard]] std::vector<v1::UnifiedEvent> events(std::string_view topic) const {
        std::vector<v1::UnifiedEvent> all;
        for (const auto& each : host.lane.envelopes(topic)) {
            all.push_back(unified_of(each));
        }
        return all;
    }
    [[nodiscard]] boost::json::object check() {
        const auto answer = driver.ask("check");
        EXPECT_TRUE(answer);
        return boost::json::parse(answer.value_or("{}")).as_object();
    }
};

TEST_F(Enricher, gives_an_exec_its_context_and_says_what_is_missing) {
    ASSERT_TRUE(driver.launch());
    add_exec(42);
    feed(processes.build());
    pass(3s);
    const auto all = events("event/process/");
    ASSERT_GE(all.size(), 1u);
    EXPECT_EQ(all[0].type(), "process.exec");
    EXPECT_EQ(all[0].context().process().pid(), 42u);
    EXPECT_FALSE(all[0].context().host().kernel_release().empty());
    EXPECT_GT(all[0].context().missing_size(), 0) << "a pod is not known";
    EXPECT_TRUE(all[0].entity_key().starts_with("process:")) << all[0].entity_key();
    EXPECT_TRUE(host.lane.misuse().empty());
}

// From the raw objects of a watch to the published event, through the store that remembers the last one.
TEST_F(Enricher, a_pod_that_is_no_longer_ready_says_so_in_its_event) {
    ASSERT_TRUE(driver.launch());
    batch_builder objects{"raw/k8s/object/", {"k8s", "k8s", "node-1", 3, {}, 8, 0}};
    const auto add = [&](v1::KubernetesObject_Action action, const std::string& version, const std::string& json,
                         const std::string& kind = "Pod") {
        v1::KubernetesObject object;
        object.set_action(action);
        object.set_origin(v1::KubernetesObject_Origin_ORIGIN_WATCH);
        object.set_kind(kind);
        object.set_namespace_("shop");
        object.set_name("web-1");
        object.set_uid("u-" + kind);
        object.set_resource_version(version);
        object.set_object_json(json);
        objects.add([&](envelope_writer& envelope) {
            envelope.time(host.clock.wall(), clock_quality::collector);
            envelope.data("sonde.v1.KubernetesObject", 1, bytes_of(object.SerializeAsString()));
        });
    };
    const auto ready = [](const std::string& status, const std::string& time) {
        return R"({"status":{"conditions":[{"type":"Ready","status":")" + status +
               R"(","lastTransitionTime":"2026-11-21T10:00:)" + time + R"(Z"}]}})";
    };
    add(v1::KubernetesObject_Action_ACTION_ADDED, "1", ready("True", "00"));
    add(v1::KubernetesObject_Action_ACTION_MODIFIED, "2", ready("False", "07"));
    add(v1::KubernetesObject_Action_ACTION_MODIFIED, "3", ready("False", "07"));
    add(v1::KubernetesObject_Action_ACTION_MODIFIED, "4",
        R"({"spec":{"replicas":3},"status":{"replicas":3,"readyReplicas":2,"availableReplicas":2,"updatedReplicas":3}})",
        "Deployment");
    feed(objects.build());
    pass(3s);
    std::map<std::string, std::vector<v1::StateChange>> changes;
    std::vector<v1::ResourceState> states;
    for (const v1::UnifiedEvent& event : events("event/k8s/")) {
        auto& of = changes[event.kubernetes().resource_version()];
        of.assign(event.state_changes().begin(), event.state_changes().end());
        if (event.has_resource_state()) {
            states.push_back(event.resource_state());
        }
    }
    ASSERT_EQ(changes.size(), 4u);
    EXPECT_TRUE(changes["1"].empty());
    ASSERT_EQ(changes["2"].size(), 1u);
    EXPECT_EQ(changes["2"][0].previous(), "True");
    EXPECT_EQ(changes["2"][0].current(), "False");
    EXPECT_EQ(changes["2"][0].previous_duration(), 7'000'000'000u);
    EXPECT_TRUE(changes["3"].empty());
    ASSERT_EQ(states.size(), 1u);
    ASSERT_EQ(states[0].divergences_size(), 1);
    EXPECT_EQ(states[0].divergences(0).field(), "readyReplicas");
    EXPECT_EQ(states[0].divergences(0).desired(), 3);
    EXPECT_EQ(states[0].divergences(0).actual(), 2);
}

TEST_F(Enricher, concludes_service_names_only_if_asked_to) {
    ASSERT_TRUE(driver.launch());
    add_exec(42);
    feed(processes.build());
    pass(3s);
    EXPECT_EQ(events("event/process/").at(0).context().process().service_name(), "");

    fake_host other;
    consumer_driver asked(other, component_table<enricher>::table);
    ASSERT_TRUE(asked.launch({{"service_context", "true"}}));
    add_exec(43);
    ASSERT_TRUE(asked.feed(processes.build()));
    other.clock.advance(1s);
    static_cast<void>(asked.idle(other.clock.monotonic()));
    const auto records = other.lane.envelopes("event/process/");
    ASSERT_GE(records.size(), 1u);
    const auto event = unified_of(records[0]);
    EXPECT_EQ(event.context().process().service_name(), "shop");
    EXPECT_EQ(event.derived(event.derived_size() - 1), "context.process.service_name");
}

TEST_F(Enricher, counts_conserve_whatever_the_batches_hold) {
    ASSERT_TRUE(driver.launch());
    add_exec(1);
    const std::string broken("\x0b\x0b", 2);  // a group, which protobuf no longer has
    processes.add_bytes(bytes_of(broken));
    add_exec(2);
    processes.add_bytes(bytes_of(broken));
    feed(processes.build());
    pass(3s);
    EXPECT_EQ(events("event/process/").size(), 2u);
    const auto passed_on = events("event/generic/");
    ASSERT_EQ(passed_on.size(), 2u);
    EXPECT_EQ(passed_on[0].type(), "malformed");
    EXPECT_EQ(passed_on[0].generic().content_type(), "sonde.v1.Envelope");
    EXPECT_EQ(passed_on[0].generic().data(), broken);
    const auto ids = host.lane.envelopes("event/generic/");
    EXPECT_EQ(ids[0].event_id.back(), 1);
    EXPECT_EQ(ids[1].event_id.back(), 3);
    const auto counts = check();
    EXPECT_EQ(counts.at("taken").to_number<int>(), 4);
    EXPECT_EQ(counts.at("published").to_number<int>(), 4);
    EXPECT_EQ(counts.at("held").to_number<int>(), 0);
}

TEST_F(Enricher, counts_what_lies_behind_a_break) {
    ASSERT_TRUE(driver.launch());
    add_exec(1);
    add_exec(2);
    auto batch = processes.build();
    batch.bytes()[batch.bytes().size() - 1] = 0xff;  // the last length or tag breaks off
    batch.bytes()[SONDE_BATCH_HEADER_SIZE] = 0x0f;   // and so does the first
    feed(batch);
    const auto counts = check();
    EXPECT_EQ(counts.at("taken").to_number<int>(), 2);
    EXPECT_EQ(counts.at("dropped").at("broken_batch").to_number<int>() + counts.at("published").to_number<int>() +
                  counts.at("held").to_number<int>(),
              2);
}

TEST_F(Enricher, tells_a_late_subscriber_all_entities) {
    ASSERT_TRUE(driver.launch({{"process_entities", "true"}}));
    add_exec(42);
    feed(processes.build());
    pass(100ms);
    const auto before = host.lane.envelopes("entity/process/");
    ASSERT_FALSE(before.empty());
    EXPECT_EQ(before[0].content_type, "sonde.v1.EntityEvent");
    host.lane.release();
    pass(100ms);
    EXPECT_TRUE(host.lane.envelopes("entity/process/").empty());
    host.announce_subscriber();
    pass(100ms);
    const auto told = host.lane.envelopes("entity/process/");
    ASSERT_EQ(told.size(), 2u);
    EXPECT_TRUE(told[0].snapshot);
    v1::EntityEvent process;
    v1::EntityEvent end;
    ASSERT_TRUE(process.ParseFromArray(told[0].data.data(), static_cast<int>(told[0].data.size())));
    ASSERT_TRUE(end.ParseFromArray(told[1].data.data(), static_cast<int>(told[1].data.size())));
    EXPECT_EQ(process.process().pid(), 42u);
    EXPECT_EQ(end.action(), v1::EntityEvent_Action_ACTION_SYNCED);
}

TEST_F(Enricher, ends_the_snapshot_of_processes_though_it_tells_none) {
    ASSERT_TRUE(driver.launch());
    add_exec(42);
    feed(processes.build());
    host.announce_subscriber();
    pass(100ms);
    const auto told = host.lane.envelopes("entity/process/");
    ASSERT_FALSE(told.empty());
    for (const auto& each : told) {
        v1::EntityEvent mark;
        ASSERT_TRUE(mark.ParseFromArray(each.data.data(), static_cast<int>(each.data.size())));
        EXPECT_EQ(mark.action(), v1::EntityEvent_Action_ACTION_SYNCED);
    }
}

TEST_F(Enricher, answers_what_it_knows) {
    ASSERT_TRUE(driver.launch());
    add_exec(42);
    add_exec(43);
    feed(processes.build());
    const auto answer = driver.ask("entities", {{"kind", "process"}});
    ASSERT_TRUE(answer) << answer.error().message();
    const auto entities = boost::json::parse(*answer).at("entities").as_array();
    ASSERT_EQ(entities.size(), 2u);
    EXPECT_EQ(entities[0].at("topic").as_string(), "entity/process/");
    const auto one = driver.ask("entities", {{"filter", "\"pid\":43"}});
    ASSERT_TRUE(one);
    EXPECT_EQ(boost::json::parse(*one).at("entities").as_array().size(), 1u);
    const auto refused = driver.ask("entities", {{"kind", "planet"}});
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message().find("pod, container"), std::string::npos);
}

TEST_F(Enricher, takes_new_values_while_it_runs) {
    ASSERT_TRUE(driver.launch());
    ASSERT_TRUE(driver.configure({{"raw_limit", "8"}}));
    static_cast<void>(driver.idle(host.clock.monotonic()));
    add_exec(42);
    feed(processes.build());
    pass(3s);
    EXPECT_EQ(events("event/process/").at(0).generic().data().size(), 8u);
}

TEST_F(Enricher, publishes_events_of_nodes_beyond_the_limit_without_context_and_counts_them) {
    ASSERT_TRUE(driver.launch({{"node_limit", "1"}}));
    add_exec(42);
    feed(processes.build());
    batch_builder others("raw/relay/process/event/", {"process", "process", "node-2", 3, "raw/process/event/", 8, 0});
    others.add([&](envelope_writer& envelope) {
        envelope.time(host.clock.wall(), clock_quality::kernel);
        envelope.process(42, host.clock.wall());
        envelope.data("sonde.v1.ProcessEvent", 1, bytes_of(exec_of(42, {"other"})));
    });
    feed(others.build());
    pass(3s);
    const auto all = events("event/process/");
    ASSERT_EQ(all.size(), 2u);
    // Nothing can come of waiting for it, so that it does not.
    EXPECT_FALSE(all[0].context().has_process());
    EXPECT_FALSE(all[0].context().has_host());
    EXPECT_GT(all[0].context().missing_size(), 0);
    EXPECT_TRUE(all[1].context().has_process());
    EXPECT_EQ(host.metrics.value("enrich_context.node_limit.events"), 1);
}

TEST_F(Enricher, publishes_what_it_holds_when_it_stops) {
    ASSERT_TRUE(driver.launch({{"hold_back", "10s"}}));
    add_exec(42);
    feed(processes.build());
    ASSERT_TRUE(driver.stop());
    EXPECT_EQ(events("event/process/").size(), 1u);
    const auto counts = check();
    EXPECT_EQ(counts.at("held").to_number<int>(), 0);
}

}  // namespace
}  // namespace sonde::enrich_context::testing
