// SPDX-License-Identifier: Apache-2.0
// Which pod an event is of, and who is behind an address: the truth table of reuse, of late knowledge and of pods that
// are unlike others.
#include <gtest/gtest.h>

#include "world.hpp"

namespace sonde::enrich_context {
namespace {

using object = v1::KubernetesObject;
using missing = v1::Context::Missing;

TEST(Pod, each_way_to_name_it_gives_the_same_context) {
    world of;
    of.pod({.address = "10.0.0.5", .marks = {{"app", "web"}, {"hash", "x"}}, .containers = {{container_id(1)}}});
    of.process(v1::ProcessEvent::KIND_EXEC, 7, noon + second, noon + second, "nginx", container_id(1), 11);
    const std::string id = container_id(1);
    const std::string pod = uid(1);
    const std::vector<subject> ways{{.pid = 7, .time = noon + 2 * second},
                                    {.cgroup_id = 11},
                                    {.container_id = id},
                                    {.pod_uid = pod},
                                    {.pod_name = "web-1", .pod_namespace = "shop"}};
    for (const subject& each : ways) {
        const auto told = of.find(each).context.pod();
        EXPECT_EQ(told.uid(), uid(1));
        EXPECT_EQ(told.name(), "web-1");
        EXPECT_EQ(told.namespace_(), "shop");
        EXPECT_EQ(told.node_name(), "node-a");
        EXPECT_EQ(told.service_account(), "sa");
        EXPECT_EQ(told.labels().size(), 1U);
        EXPECT_EQ(told.labels().at("app"), "web");
        EXPECT_EQ(told.start_time_unix_nano(), noon);
    }
    EXPECT_EQ(of.peer("10.0.0.5", noon + second).context.pod().uid(), uid(1));
    EXPECT_EQ(of.peer("10.0.0.5", noon + second).key, "pod:" + uid(1));
}

TEST(Pod, an_address_belongs_to_whom_had_it_then) {
    world of;
    of.pod({.number = 1, .address = "10.0.0.5"}, noon);
    of.pod({.number = 1, .address = "10.0.0.5", .version = 2}, object::ACTION_DELETED, noon + 100 * second);
    of.pod({.number = 2, .name = "other", .address = "10.0.0.5", .created = noon + 200 * second}, noon + 201 * second);
    const auto owner_at = [&](std::uint64_t time) { return of.peer("10.0.0.5", time).context.pod().uid(); };
    EXPECT_EQ(owner_at(noon - second), "");
    EXPECT_EQ(owner_at(noon + 50 * second), uid(1));
    EXPECT_EQ(owner_at(noon + 150 * second), "");
    EXPECT_EQ(owner_at(noon + 200 * second), uid(2));
    EXPECT_EQ(owner_at(noon + 300 * second), uid(2));
}

TEST(Pod, while_two_could_have_an_address_neither_is_said_to) {
    world of;
    of.pod({.number = 1, .address = "10.0.0.5"}, noon);
    of.pod({.number = 2, .name = "other", .address = "10.0.0.5", .created = noon + 10 * second}, noon + 15 * second);
    const auto live = of.peer("10.0.0.5", noon + 20 * second);
    EXPECT_FALSE(live.context.has_pod());
    EXPECT_EQ(live.why(missing::SECTION_POD), missing::REASON_AMBIGUOUS);
    // The first was on its way out: it had given the address back when the second was seen with it.
    of.pod({.number = 1, .address = "10.0.0.5", .version = 2, .is_ending = true}, noon + 21 * second);
    EXPECT_EQ(of.peer("10.0.0.5", noon + 22 * second).context.pod().uid(), uid(2));
    EXPECT_FALSE(of.peer("10.0.0.5", noon + 12 * second).context.has_pod());
    EXPECT_EQ(of.peer("10.0.0.5", noon + 5 * second).context.pod().uid(), uid(1));
}

// The first went at 20 s and the second came at 30 s; the watch was cut at 10 s and the list of 60 s tells of both.
TEST(Pod, an_address_that_changed_hands_while_nobody_watched_is_said_right_or_not_at_all) {
    for (const bool is_new_told_first : {true, false}) {
        world of;
        of.pod({.number = 1, .address = "10.0.0.5"}, noon);
        of.pod({.number = 1, .address = "10.0.0.5", .version = 2, .marks = {{"a", "b"}}}, object::ACTION_MODIFIED,
               noon + 10 * second);
        const auto tell_of_new = [&] {
            of.pod({.number = 2, .name = "b", .address = "10.0.0.5", .version = 5, .created = noon + 30 * second},
                   object::ACTION_ADDED, noon + 60 * second, object::ORIGIN_RELIST);
        };
        const auto tell_of_old = [&] {
            of.pod({.number = 1, .address = "10.0.0.5", .version = 2, .marks = {{"a", "b"}}}, object::ACTION_DELETED,
                   noon + 60 * second, object::ORIGIN_RELIST);
        };
        if (is_new_told_first) {
            tell_of_new();
            EXPECT_NE(of.peer("10.0.0.5", noon + 61 * second).context.pod().uid(), uid(1));
            tell_of_old();
        } else {
            tell_of_old();
            tell_of_new();
        }
        EXPECT_EQ(of.peer("10.0.0.5", noon + 61 * second).context.pod().uid(), uid(2));
        EXPECT_EQ(of.peer("10.0.0.5", noon + 600 * second).context.pod().uid(), uid(2));
        EXPECT_EQ(of.peer("10.0.0.5", noon + 5 * second).context.pod().uid(), uid(1));
        for (const std::uint64_t at : {15u, 25u, 35u, 59u}) {  // the second's only from 30 s on
            const auto then = of.peer("10.0.0.5", noon + at * second);
            EXPECT_FALSE(then.context.has_pod()) << at;
            EXPECT_EQ(then.why(missing::SECTION_POD), missing::REASON_AMBIGUOUS) << at;
        }
    }
}

TEST(Pod, of_one_that_went_unseen_a_third_may_have_had_the_address) {
    world of;
    of.pod({.number = 1, .address = "10.0.0.5"}, object::ACTION_ADDED, noon, object::ORIGIN_LIST);
    of.synced("Pod", 1);
    // Another list without it, as after a restart of the collector.
    of.synced("Pod", 0, noon + 60 * second);
    EXPECT_EQ(of.peer("10.0.0.5", noon).context.pod().uid(), uid(1));
    EXPECT_FALSE(of.peer("10.0.0.5", noon + 30 * second).context.has_pod());
    EXPECT_EQ(of.peer("10.0.0.5", noon + 30 * second).why(missing::SECTION_POD), missing::REASON_AMBIGUOUS);
    EXPECT_FALSE(of.peer("10.0.0.5", noon + 61 * second).context.has_pod());
}

TEST(Pod, one_that_has_finished_has_given_its_address_back) {
    world of;
    of.pod({.number = 1, .address = "10.0.0.5"}, noon);
    of.pod({.number = 1, .address = "10.0.0.5", .version = 2, .phase = "Succeeded"}, noon + 10 * second);
    of.pod({.number = 2, .name = "other", .address = "10.0.0.5", .created = noon + 20 * second}, noon + 20 * second);
    EXPECT_EQ(of.peer("10.0.0.5", noon + 5 * second).context.pod().uid(), uid(1));
    EXPECT_EQ(of.peer("10.0.0.5", noon + 15 * second).context.pod().uid(), "");
    EXPECT_EQ(of.peer("10.0.0.5", noon + 30 * second).context.pod().uid(), uid(2));
}

TEST(Pod, those_of_the_host_network_do_not_own_the_nodes_address) {
    world of;
    of.node("node-a", "192.0.2.1");
    of.pod({.number = 1, .address = "192.0.2.1", .containers = {{container_id(1)}}, .is_host_network = true});
    const auto node = of.peer("192.0.2.1", noon + second);
    EXPECT_FALSE(node.context.has_pod());
    EXPECT_EQ(node.context.node().name(), "node-a");
    EXPECT_EQ(node.context.node().zone(), "zone-1");
    EXPECT_EQ(node.why(missing::SECTION_POD), missing::REASON_AMBIGUOUS);
    EXPECT_EQ(node.key, "node:node-a");
    // What runs in it is still known by its container.
    EXPECT_EQ(of.find({.container_id = container_id(1)}).context.pod().uid(), uid(1));
    EXPECT_TRUE(of.find({.container_id = container_id(1)}).context.pod().is_host_network());
}

TEST(Pod, the_address_of_a_host_network_pod_without_a_known_node_is_nobodys) {
    world of;
    of.pod({.number = 1, .address = "192.0.2.1", .is_host_network = true});
    of.synced("Pod");
    of.synced("Service");
    const auto nobody = of.peer("192.0.2.1", noon + second);
    EXPECT_FALSE(nobody.context.has_pod());
    EXPECT_EQ(nobody.missing, reason::not_found);
}

TEST(Pod, made_again_under_its_name_it_is_another) {
    world of;
    of.pod({.number = 1, .name = "db-0", .created = noon}, noon);
    of.pod({.number = 1, .name = "db-0", .version = 2, .created = noon}, object::ACTION_DELETED, noon + 10 * second);
    of.pod({.number = 2, .name = "db-0", .version = 3, .created = noon + 20 * second}, noon + 20 * second);
    const auto uid_at = [&](std::uint64_t time) {
        return of.find({.pod_name = "db-0", .pod_namespace = "shop", .time = time}).context.pod().uid();
    };
    EXPECT_EQ(uid_at(noon - second), "");
    EXPECT_EQ(uid_at(noon + 5 * second), uid(1));
    EXPECT_EQ(uid_at(noon + 15 * second), uid(1));
    EXPECT_EQ(uid_at(noon + 25 * second), uid(2));
    EXPECT_FALSE(of.find({.pod_name = "db-0", .pod_namespace = "other"}).context.has_pod());
}

TEST(Pod, init_and_ephemeral_and_former_containers_are_its_own) {
    world of;
    of.pod({.containers = {{.id = container_id(1), .previous_id = container_id(9)},
                           {.id = container_id(2), .name = "setup", .list = "initContainerStatuses"},
                           {.id = container_id(3), .name = "debug", .list = "ephemeralContainerStatuses"}}});
    const auto type_of = [&](unsigned number) {
        const auto told = of.find({.container_id = container_id(number)});
        EXPECT_EQ(told.context.pod().uid(), uid(1)) << number;
        return told.context.container().type();
    };
    EXPECT_EQ(type_of(1), v1::ContainerContext::TYPE_CONTAINER);
    EXPECT_EQ(type_of(2), v1::ContainerContext::TYPE_INIT);
    EXPECT_EQ(type_of(3), v1::ContainerContext::TYPE_EPHEMERAL);
    EXPECT_EQ(type_of(9), v1::ContainerContext::TYPE_CONTAINER);
    EXPECT_EQ(of.find({.container_id = container_id(9)}).context.container().exit_code(), 137);
    const auto first = of.find({.container_id = container_id(1)}).context.container();
    EXPECT_EQ(first.image_name(), "registry:5000/shop/main");
    EXPECT_EQ(first.image_tag(), "1.2");
    EXPECT_EQ(first.runtime(), "containerd");
}

TEST(Pod, a_static_one_is_found_by_the_uid_of_its_cgroup) {
    world of;
    const std::string hash = "0123456789abcdef0123456789abcdef";
    of.process(v1::ProcessEvent::KIND_EXEC, 7, noon, noon, "etcd", container_id(1), 11, hash);
    EXPECT_EQ(of.find({.pid = 7}).context.container().pod_uid(), "");
    of.pod({.name = "etcd-node-a", .owner_kind = "Node", .owner_name = "node-a", .config_hash = hash});
    const auto told = of.find({.pid = 7});
    EXPECT_EQ(told.context.pod().uid(), uid(1));
    EXPECT_TRUE(told.context.pod().is_static());
    EXPECT_EQ(told.why(missing::SECTION_WORKLOAD), missing::REASON_NOT_APPLICABLE);
}

TEST(Pod, what_is_told_late_completes_what_was_known) {
    world of;
    of.process(v1::ProcessEvent::KIND_EXEC, 7, noon, noon, "nginx", container_id(1), 11, uid(1));
    EXPECT_EQ(of.find({.pid = 7}).why(missing::SECTION_POD), missing::REASON_NO_SOURCE);
    of.pod({.number = 2, .name = "another"});
    const auto waiting = of.find({.pid = 7});
    EXPECT_EQ(waiting.why(missing::SECTION_POD), missing::REASON_NOT_SYNCED);
    EXPECT_TRUE(waiting.may_improve);
    of.pod({.number = 1});  // without the status of its containers
    EXPECT_EQ(of.find({.pid = 7}).context.pod().uid(), uid(1));
    EXPECT_EQ(of.find({.pid = 7}).context.container().name(), "");
    of.pod({.number = 1, .version = 2, .containers = {{container_id(1)}}});
    EXPECT_EQ(of.find({.pid = 7}).context.container().name(), "main");
    EXPECT_EQ(of.find({.pid = 7}).context.process().name(), "nginx");
}

TEST(Pod, one_that_a_control_group_names_is_awaited_however_old_the_event_is) {
    world of;
    of.process(v1::ProcessEvent::KIND_EXEC, 7, noon, noon, "nginx", container_id(1), 11, uid(1));
    of.pod({.number = 2, .name = "another"});
    of.synced("Pod");
    of.store.tick(std::chrono::nanoseconds(noon + 60 * second));
    const auto named = of.find({.pid = 7, .time = noon});
    EXPECT_EQ(named.missing, reason::not_found);
    EXPECT_FALSE(named.may_improve);
    EXPECT_TRUE(named.is_awaited);
    EXPECT_FALSE(of.find({.pod_name = "web-1", .pod_namespace = "shop", .time = noon}).is_awaited);
    of.pod({.number = 1});
    EXPECT_FALSE(of.find({.pid = 7, .time = noon}).is_awaited);
}

TEST(Pod, once_all_have_been_told_an_unknown_one_is_not_found) {
    world of;
    of.pod({.number = 2, .name = "another"});
    of.synced("Pod");
    EXPECT_EQ(of.find({.pod_uid = uid(1), .time = noon + 10 * second}).missing, reason::not_found);
    EXPECT_EQ(of.find({.pod_name = "web-1", .pod_namespace = "shop"}).missing, reason::not_found);
}

TEST(Pod, the_deleted_is_given_to_late_events_for_its_time) {
    world of;
    of.pod({.address = "10.0.0.5", .containers = {{container_id(1)}}});
    of.pod({.address = "10.0.0.5", .version = 2, .containers = {{container_id(1)}}}, object::ACTION_DELETED,
           noon + second);
    of.store.tick(std::chrono::nanoseconds(noon + 59 * second));
    EXPECT_EQ(of.find({.container_id = container_id(1)}).context.pod().uid(), uid(1));
    EXPECT_EQ(of.peer("10.0.0.5", noon + second / 2).context.pod().uid(), uid(1));
    of.store.tick(std::chrono::nanoseconds(noon + 302 * second));
    EXPECT_FALSE(of.find({.pod_uid = uid(1)}).context.has_pod());
    EXPECT_FALSE(of.peer("10.0.0.5", noon + second / 2).context.has_pod());
    EXPECT_EQ(of.store.stats().texts, 0U) << "texts of forgotten entities stay";
}

TEST(Pod, words_that_are_older_than_what_is_known_change_nothing) {
    world of;
    of.pod({.address = "10.0.0.6", .version = 5, .phase = "Running"}, noon + second);
    of.pod({.address = "10.0.0.5", .version = 4, .phase = "Pending"}, noon + 2 * second);
    EXPECT_EQ(of.find({.pod_uid = uid(1)}).context.pod().phase(), "Running");
    of.pod({.version = 6}, object::ACTION_DELETED, noon + 3 * second);
    of.pod({.version = 5}, noon + 4 * second);
    EXPECT_EQ(of.store.stats().outdated, 2U);
    EXPECT_EQ(of.store.stats().kinds[static_cast<std::size_t>(entity_kind::pod)].deleted, 1U);
}

TEST(Pod, its_workload_is_the_end_of_its_chain_and_never_guessed_from_names) {
    world of;
    of.pod({.owner_kind = "ReplicaSet", .owner_name = "web-5d89c", .owner_uid = "rs-1"});
    const auto early = of.find({.pod_uid = uid(1)});
    EXPECT_EQ(early.context.pod().workload().kind(), "ReplicaSet");
    EXPECT_EQ(early.why(missing::SECTION_WORKLOAD), missing::REASON_NO_SOURCE);
    of.replica_set("web-0000", "rs-0", "elsewhere");
    EXPECT_EQ(of.find({.pod_uid = uid(1)}).context.pod().workload().name(), "web-5d89c");
    of.replica_set("web-5d89c", "rs-1", "web");
    const auto late = of.find({.pod_uid = uid(1)});
    EXPECT_EQ(late.context.pod().workload().kind(), "Deployment");
    EXPECT_EQ(late.context.pod().workload().name(), "web");
    EXPECT_EQ(late.context.pod().workload().namespace_(), "shop");
    EXPECT_EQ(late.why(missing::SECTION_WORKLOAD), missing::REASON_UNSPECIFIED);
}

TEST(Pod, an_unknown_replica_set_is_not_synced_and_then_not_found) {
    world of;
    of.pod({.owner_kind = "ReplicaSet", .owner_name = "web-5d89c", .owner_uid = "rs-1"});
    of.replica_set("web-0000", "rs-0", "elsewhere");
    of.pod({.version = 2, .owner_kind = "ReplicaSet", .owner_name = "web-5d89c", .owner_uid = "rs-1"});
    EXPECT_EQ(of.find({.pod_uid = uid(1)}).why(missing::SECTION_WORKLOAD), missing::REASON_NOT_SYNCED);
    of.synced("ReplicaSet");
    EXPECT_EQ(of.find({.pod_uid = uid(1)}).why(missing::SECTION_WORKLOAD), missing::REASON_NOT_FOUND);
}

TEST(Pod, a_custom_controller_is_the_workload_as_it_is) {
    world of;
    of.pod({.owner_kind = "StatefulSet", .owner_name = "db", .owner_uid = "s-1"});
    of.pod({.number = 2, .name = "lone"});
    EXPECT_EQ(of.find({.pod_uid = uid(1)}).context.pod().workload().name(), "db");
    EXPECT_EQ(of.find({.pod_uid = uid(2)}).why(missing::SECTION_WORKLOAD), missing::REASON_NOT_APPLICABLE);
}

TEST(Pod, those_missing_from_a_whole_list_have_ended) {
    world of;
    of.pod({.number = 1, .name = "a"}, object::ACTION_ADDED, noon, object::ORIGIN_LIST);
    of.pod({.number = 2, .name = "b"}, object::ACTION_ADDED, noon, object::ORIGIN_LIST);
    of.synced("Pod", 2);
    of.pod({.number = 1, .name = "a"}, object::ACTION_ADDED, noon, object::ORIGIN_SNAPSHOT);
    of.synced("Pod", 2, noon + second);  // one of two was lost on the way: nothing is concluded
    EXPECT_EQ(of.store.stats().kinds[static_cast<std::size_t>(entity_kind::pod)].deleted, 0U);
    of.pod({.number = 1, .name = "a"}, object::ACTION_ADDED, noon, object::ORIGIN_SNAPSHOT);
    of.synced("Pod", 1, noon + second);
    EXPECT_EQ(of.store.stats().kinds[static_cast<std::size_t>(entity_kind::pod)].deleted, 1U);
}

TEST(Pod, those_that_another_collector_tells_of_are_not_missing_from_the_list_of_one) {
    world of;
    schema::envelope_view one;
    one.resource.instance = "one";
    schema::envelope_view other;
    other.resource.instance = "other";
    of.tell(object_of({.number = 1, .name = "a"}, object::ACTION_ADDED, object::ORIGIN_LIST), noon, one);
    of.synced("Pod", 1);
    of.tell(object_of({.number = 2, .name = "b"}, object::ACTION_ADDED, object::ORIGIN_LIST), noon, other);
    of.synced("Pod", 1);
    EXPECT_EQ(of.store.stats().kinds[static_cast<std::size_t>(entity_kind::pod)].deleted, 0U);
}

}  // namespace
}  // namespace sonde::enrich_context
