// SPDX-License-Identifier: Apache-2.0
#include "k8s/owner_index.hpp"

#include <set>

#include <gtest/gtest.h>

#include "texts.hpp"

namespace sonde::k8s {
namespace {

class OwnerIndex : public ::testing::Test {
protected:
    static object_facts object(std::string_view kind, int uid,
                               std::optional<std::pair<std::string_view, int>> owner = {}) {
        object_facts made;
        made.kind = kind;
        made.name = kind;
        made.uid = text(uid);
        if (owner) {
            made.owners.push_back({"v1", owner->first, owner->first, text(owner->second), true});
        }
        return made;
    }
    static std::string_view text(int uid) {
        static std::set<std::string> texts;
        return *texts.insert(testing::uid(uid)).first;
    }
    std::set<std::string, std::less<>> watched_{"Pod", "ReplicaSet", "Deployment", "Job"};
    owner_index index_{[this](std::string_view kind) { return watched_.contains(kind); }};
};

TEST_F(OwnerIndex, pod_replica_set_and_deployment_share_one_trace) {
    index_.set_cluster("cluster");
    const auto deployment = object("Deployment", 1);
    const auto set = object("ReplicaSet", 2, {{"Deployment", 1}});
    const auto pod = object("Pod", 3, {{"ReplicaSet", 2}});
    EXPECT_TRUE(index_.learn(deployment).is_new);
    EXPECT_FALSE(index_.learn(deployment).is_new);
    index_.learn(set);
    const auto wanted = derive_trace_id("cluster", text(1));
    for (const auto* each : {&deployment, &set, &pod}) {
        EXPECT_EQ(index_.resolve(*each).trace, wanted) << each->kind;
    }
    EXPECT_EQ(index_.resolve(pod).top->uid, text(1));
    EXPECT_FALSE(index_.resolve(deployment).top);
    EXPECT_NE(index_.resolve(object("Deployment", 9)).trace, wanted) << "unrelated objects never do";
}

TEST_F(OwnerIndex, waits_for_a_controller_that_is_yet_to_come) {
    const auto pod = object("Pod", 3, {{"ReplicaSet", 2}});
    EXPECT_EQ(index_.resolve(pod).waits_for, uid_key::of(text(2)));
    EXPECT_FALSE(index_.resolve(pod).trace);
    index_.learn(object("ReplicaSet", 2, {{"Deployment", 1}}));
    EXPECT_EQ(index_.resolve(pod).waits_for, uid_key::of(text(1)));
    index_.learn(object("Deployment", 1));
    EXPECT_TRUE(index_.resolve(pod).trace);
    index_.forget(text(2));
    EXPECT_FALSE(index_.resolve(pod).trace);
}

TEST_F(OwnerIndex, ends_at_a_controller_of_a_kind_that_nobody_watches) {
    index_.learn(object("Job", 2, {{"CronJob", 1}}));
    const auto found = index_.resolve(object("Pod", 3, {{"Job", 2}}));
    EXPECT_EQ(found.top->kind, "CronJob");
    EXPECT_EQ(found.trace, derive_trace_id("", text(1)));
}

TEST_F(OwnerIndex, a_controller_has_created_what_says_so_each_once) {
    const auto deployment = object("Deployment", 1);
    const auto set = object("ReplicaSet", 2, {{"Deployment", 1}});
    EXPECT_EQ(index_.resolve(deployment).created, nullptr);
    EXPECT_TRUE(index_.learn(set).is_new_to_owner);
    EXPECT_FALSE(index_.learn(set).is_new_to_owner);
    EXPECT_FALSE(index_.learn(deployment).is_new_to_owner);
    index_.learn(object("Pod", 3, {{"ReplicaSet", 2}}));
    index_.learn(object("Pod", 4, {{"ReplicaSet", 2}}));
    const auto uids = [&](const object_facts& of) {
        std::vector<std::string> found;
        const auto* const created = index_.resolve(of).created;
        for (const created_object& each : created == nullptr ? std::vector<created_object>{} : *created) {
            found.push_back(each.uid);
        }
        return found;
    };
    EXPECT_EQ(uids(deployment), (std::vector<std::string>{std::string(text(2))}));
    EXPECT_EQ(uids(set), (std::vector<std::string>{std::string(text(3)), std::string(text(4))}));
    EXPECT_EQ(index_.resolve(set).created->front().kind, "Pod");
    index_.forget(text(3));
    EXPECT_EQ(uids(set), (std::vector<std::string>{std::string(text(4))}));
    // Adopted by another.
    EXPECT_TRUE(index_.learn(object("Pod", 4, {{"ReplicaSet", 5}})).is_new_to_owner);
    EXPECT_EQ(index_.resolve(set).created, nullptr);
    EXPECT_EQ(uids(object("ReplicaSet", 5)), (std::vector<std::string>{std::string(text(4))}));
}

TEST_F(OwnerIndex, a_node_creates_no_static_pods) {
    EXPECT_FALSE(index_.learn(object("Pod", 3, {{"Node", 1}})).is_new_to_owner);
    EXPECT_EQ(index_.resolve(object("Node", 1)).created, nullptr);
}

TEST_F(OwnerIndex, static_pods_of_a_node_are_no_kin) {
    const auto first = index_.resolve(object("Pod", 3, {{"Node", 1}}));
    EXPECT_FALSE(first.top);
    EXPECT_NE(first.trace, index_.resolve(object("Pod", 4, {{"Node", 1}})).trace);
}

TEST_F(OwnerIndex, an_annotation_overrides_and_is_inherited) {
    auto deployment = object("Deployment", 1);
    deployment.trace_override = "0af7651916cd43dd8448eb211c80319c";
    index_.learn(deployment);
    EXPECT_EQ(index_.resolve(object("Pod", 2, {{"Deployment", 1}})).trace, parse_trace_id(deployment.trace_override));
    auto pod = object("Pod", 3, {{"Deployment", 1}});
    pod.trace_override = "1bf7651916cd43dd8448eb211c80319c";
    EXPECT_EQ(index_.resolve(pod).trace, parse_trace_id(pod.trace_override)) << "the nearest wins";
    pod.trace_override = "nonsense";
    EXPECT_EQ(index_.resolve(pod).trace, parse_trace_id(deployment.trace_override));
}

TEST_F(OwnerIndex, an_event_has_the_trace_of_what_it_is_about) {
    index_.learn(object("Deployment", 1));
    index_.learn(object("Pod", 2, {{"Deployment", 1}}));
    auto event = object("Event", 9);
    event.event.emplace();
    event.event->involved.kind = "Pod";
    event.event->involved.uid = text(2);
    EXPECT_EQ(index_.resolve(event).trace, derive_trace_id("", text(1)));
    event.event->involved.uid = text(77);
    EXPECT_FALSE(index_.resolve(event).trace) << "a pod that is not known: rather none than a wrong one";
    event.event->involved.kind = "Volume";
    EXPECT_EQ(index_.resolve(event).trace, derive_trace_id("", text(77)));
}

TEST_F(OwnerIndex, a_circle_of_owners_comes_to_an_end) {
    index_.learn(object("Job", 1, {{"Job", 2}}));
    index_.learn(object("Job", 2, {{"Job", 1}}));
    EXPECT_TRUE(index_.resolve(object("Pod", 3, {{"Job", 1}})).trace);
}

TEST(TraceId, is_read_from_hexadecimal_only) {
    EXPECT_TRUE(parse_trace_id("0AF7651916CD43DD8448EB211C80319C"));
    for (const char* wrong : {"", "0af7651916cd43dd8448eb211c80319", "0af7651916cd43dd8448eb211c80319g",
                              "00000000000000000000000000000000"}) {
        EXPECT_FALSE(parse_trace_id(wrong)) << wrong;
    }
}

TEST(TraceId, is_the_same_everywhere) {
    // printf 'sonde.object_trace\0c\0o\0' | sha256sum
    const trace_id wanted{0x84, 0x1b, 0x0a, 0x3b, 0x36, 0xe9, 0x1a, 0x2c,
                          0xd5, 0x29, 0xea, 0x07, 0x95, 0x54, 0x2f, 0xb8};
    EXPECT_EQ(derive_trace_id("c", "o"), wanted);
    EXPECT_NE(derive_trace_id("co", ""), wanted);
}

}  // namespace
}  // namespace sonde::k8s
