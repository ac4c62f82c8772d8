// SPDX-License-Identifier: Apache-2.0
// What the publisher writes is what protobuf reads, and the numbers of schema.hpp are those of the .proto file.
#include "k8s/publisher.hpp"

#include <gtest/gtest.h>

#include <sonde/testing/fake_host.hpp>

#include "k8s/schema.hpp"
#include "sonde/v1/kubernetes.pb.h"

namespace sonde::k8s {
namespace {

using namespace std::chrono_literals;

// Every field of the message has the number that the writer uses: FIELDS in the order of their numbers.
template <class Message>
void expect_fields(std::initializer_list<std::uint32_t> numbers) {
    const auto* const message = Message::descriptor();
    ASSERT_EQ(message->field_count(), static_cast<int>(numbers.size())) << message->name();
    int at = 0;
    for (const std::uint32_t number : numbers) {
        EXPECT_EQ(message->field(at)->number(), static_cast<int>(number)) << message->field(at)->name();
        ++at;
    }
}

TEST(Schema, numbers_match_the_descriptors) {
    using namespace schema;
    expect_fields<v1::KubernetesObject>({object::action,        object::origin,
                                         object::api_version,   object::kind,
                                         object::in_namespace,  object::name,
                                         object::uid,           object::resource_version,
                                         object::generation,    object::creation_time,
                                         object::deletion_time, object::labels,
                                         object::annotations,   object::owners,
                                         object::relations,     object::relations_truncated,
                                         object::object_json,   object::object_json_left_out,
                                         object::event,         object::top_owner,
                                         object::cluster_uid,   object::object_count});
    expect_fields<v1::KubernetesOwner>({owner::kind, owner::name, owner::uid, owner::controller, owner::api_version});
    expect_fields<v1::KubernetesReference>({reference::kind, reference::name, reference::uid});
    expect_fields<v1::KubernetesRelation>(
        {relation::type, relation::kind, relation::in_namespace, relation::name, relation::uid, relation::selector});
    expect_fields<v1::KubernetesEvent>({event::type, event::reason, event::message, event::involved, event::count,
                                        event::first_time, event::last_time, event::reporting_component,
                                        event::reporting_instance, event::action});
    expect_fields<v1::KubeletEvent>(
        {condition::condition, condition::ended, condition::in_namespace, condition::pod_name, condition::pod_uid,
         condition::container, condition::container_id, condition::reason, condition::message, condition::restart_count,
         condition::exit_code, condition::value, condition::limit});
    expect_fields<v1::KubeletStats>(
        {stats::in_namespace, stats::pod_name, stats::pod_uid, stats::container, stats::cpu_usage_nano_cores,
         stats::cpu_usage_core_nano_seconds, stats::memory_usage, stats::memory_working_set, stats::memory_rss,
         stats::memory_available, stats::ephemeral_storage_used, stats::ephemeral_storage_capacity,
         stats::network_received, stats::network_transmitted});
}

class Publisher : public ::testing::Test {
protected:
    Publisher() { EXPECT_TRUE(out_.open()); }
    v1::KubernetesObject last() {
        envelope_ = host_.lane.envelopes(object_topic).back();
        EXPECT_EQ(envelope_.content_type, schema::object_type);
        v1::KubernetesObject read;
        EXPECT_TRUE(read.ParseFromArray(envelope_.data.data(), static_cast<int>(envelope_.data.size())));
        return read;
    }
    static object_facts pod() {
        object_facts made;
        made.api_version = "v1";
        made.kind = "Pod";
        made.in_namespace = "shop";
        made.name = "web-1";
        made.uid = "u1";
        made.resource_version = "7";
        made.generation = 2;
        made.created = 5s;
        made.labels = {{"app", "web"}};
        made.owners = {{"apps/v1", "ReplicaSet", "web", "u2", true}};
        made.relations = {{relation_type::scheduled_on, "Node", "", "node-a", ""}};
        made.node_name = "node-a";
        return made;
    }
    sonde::testing::fake_host host_;
    publisher out_{host_.host(), 100};
    sonde::testing::envelope_record envelope_;
};

TEST_F(Publisher, writes_a_pod_with_all_that_is_known) {
    const object_facts object = pod();
    lineage owners{owner_reference{"Deployment", "web", "u3"}, derive_trace_id("c", "u3"), {}};
    ASSERT_TRUE(out_.publish({change_action::modified, change_origin::watch, &object, "{\"a\":1}"},
                             info_of(kind_id::pods), "", owners, "c"));
    const auto read = last();
    EXPECT_EQ(read.action(), v1::KubernetesObject::ACTION_MODIFIED);
    EXPECT_EQ(read.origin(), v1::KubernetesObject::ORIGIN_WATCH);
    EXPECT_EQ(read.labels().at("app"), "web");
    EXPECT_EQ(read.owners(0).uid(), "u2");
    EXPECT_EQ(read.relations(0).type(), v1::KubernetesRelation::TYPE_SCHEDULED_ON);
    EXPECT_EQ(read.object_json(), "{\"a\":1}");
    EXPECT_EQ(read.top_owner().name(), "web");
    EXPECT_EQ(read.creation_time_unix_nano(), 5'000'000'000U);
    EXPECT_EQ(envelope_.pod_uid, "u1");
    EXPECT_EQ(envelope_.pod_name, "web-1");
    EXPECT_EQ(envelope_.pod_namespace, "shop");
    EXPECT_EQ(envelope_.attribute("k8s.node.name"), "node-a");
    EXPECT_EQ(envelope_.object_trace_id.size(), 16U);
    EXPECT_FALSE(envelope_.snapshot);
}

TEST_F(Publisher, what_an_object_created_comes_behind_its_own_relations) {
    object_facts object = pod();
    object.relations.push_back({relation_type::applies_to, "Pod", "shop", "", "", "app=web"});
    const std::vector<created_object> created{{"Pod", "web-2", "u5"}, {"Pod", "web-3", "u6"}};
    lineage owners;
    owners.created = &created;
    ASSERT_TRUE(out_.publish({change_action::modified, change_origin::amendment, &object, ""}, info_of(kind_id::pods),
                             "", owners, ""));
    const auto read = last();
    ASSERT_EQ(read.relations_size(), 4);
    EXPECT_EQ(read.relations(1).type(), v1::KubernetesRelation::TYPE_APPLIES_TO);
    EXPECT_EQ(read.relations(1).selector(), "app=web");
    EXPECT_EQ(read.relations(2).type(), v1::KubernetesRelation::TYPE_CREATES);
    EXPECT_EQ(read.relations(2).namespace_(), "shop");
    EXPECT_EQ(read.relations(3).name(), "web-3");
    EXPECT_EQ(read.relations(3).uid(), "u6");
    EXPECT_FALSE(read.relations_truncated());
    // A deleted object has created nothing that would be left.
    ASSERT_TRUE(out_.publish({change_action::deleted, change_origin::watch, &object, ""}, info_of(kind_id::pods), "",
                             owners, ""));
    EXPECT_EQ(last().relations_size(), 2);
}

TEST_F(Publisher, of_many_that_an_object_created_as_many_are_told_as_have_room) {
    const object_facts object = pod();
    const std::vector<created_object> created(most_relations + 500, created_object{"Pod", "web-2", "u5"});
    lineage owners;
    owners.created = &created;
    ASSERT_TRUE(
        out_.publish({change_action::added, change_origin::list, &object, ""}, info_of(kind_id::pods), "", owners, ""));
    EXPECT_EQ(last().relations_size(), static_cast<int>(most_relations));
    EXPECT_TRUE(last().relations_truncated());
}

TEST_F(Publisher, an_object_larger_than_any_record_goes_out_without_its_json) {
    host_.lane.set_record_limit(64U << 10);
    const object_facts object = pod();
    ASSERT_TRUE(out_.publish({change_action::added, change_origin::watch, &object, std::string(3U << 20, 'x')},
                             info_of(kind_id::pods), "", {}, ""));
    EXPECT_TRUE(last().object_json_left_out());
}

TEST_F(Publisher, state_is_marked_and_unresolved_owners_are_left_out) {
    const object_facts object = pod();
    lineage owners{owner_reference{"ReplicaSet", "web", "u2"}, derive_trace_id("c", "u2"), uid_key::of("u2")};
    ASSERT_TRUE(out_.publish({change_action::added, change_origin::list, &object, std::string(101, 'x')},
                             info_of(kind_id::pods), "", owners, ""));
    const auto read = last();
    EXPECT_TRUE(envelope_.snapshot);
    EXPECT_TRUE(envelope_.object_trace_id.empty());
    EXPECT_FALSE(read.has_top_owner());
    EXPECT_TRUE(read.object_json().empty());
    EXPECT_TRUE(read.object_json_left_out());
}

TEST_F(Publisher, an_event_carries_its_own_time_and_its_pod) {
    object_facts object;
    object.kind = "Event";
    object.event.emplace();
    object.event->reason = "BackOff";
    object.event->type = "Warning";
    object.event->last = 77s;
    object.event->count = 3;
    object.event->involved = {"v1", "Pod", "shop", "web-1", "u1", "spec.containers{main}"};
    ASSERT_TRUE(
        out_.publish({change_action::added, change_origin::watch, &object, ""}, info_of(kind_id::events), "", {}, ""));
    const auto read = last();
    EXPECT_EQ(read.event().involved().field_path(), "spec.containers{main}");
    EXPECT_EQ(read.event().count(), 3U);
    EXPECT_EQ(envelope_.time, 77'000'000'000);
    EXPECT_EQ(envelope_.clock, static_cast<std::uint32_t>(clock_quality::source));
    EXPECT_EQ(envelope_.pod_uid, "u1");
}

TEST_F(Publisher, the_end_of_a_list_is_marked) {
    ASSERT_TRUE(out_.publish({.action = change_action::synced, .origin = change_origin::list, .object_count = 12},
                             info_of(kind_id::services), "shop", {}, "c"));
    const auto read = last();
    EXPECT_EQ(read.action(), v1::KubernetesObject::ACTION_SYNCED);
    EXPECT_EQ(read.kind(), "Service");
    EXPECT_EQ(read.namespace_(), "shop");
    EXPECT_EQ(read.object_count(), 12U);
}

TEST_F(Publisher, waits_for_room_and_counts_what_found_none) {
    const object_facts object = pod();
    const change what{change_action::added, change_origin::list, &object, "{}"};
    host_.lane.answer_next_reserve(SONDE_AGAIN, 3);
    EXPECT_TRUE(out_.publish(what, info_of(kind_id::pods), "", {}, ""));
    host_.lane.set_budget(0);
    EXPECT_FALSE(out_.publish(what, info_of(kind_id::pods), "", {}, ""));
    EXPECT_EQ(host_.lane.dropped(object_topic, drop_reason::lane_full), 1U);
    host_.lane.answer_next_reserve(SONDE_DROPPED, 1);
    EXPECT_FALSE(out_.publish(what, info_of(kind_id::pods), "", {}, "")) << "now without waiting";
    EXPECT_EQ(host_.lane.dropped(object_topic, drop_reason::lane_full), 2U);
    host_.lane.set_budget(1U << 20);
    EXPECT_TRUE(out_.publish(what, info_of(kind_id::pods), "", {}, ""));
}

}  // namespace
}  // namespace sonde::k8s
