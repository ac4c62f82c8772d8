// SPDX-License-Identifier: Apache-2.0
// What objects of a cluster should have and what they have, by kind, from the JSON of one object alone.
#include "enrich_context/store/resource_state.hpp"

#include <gtest/gtest.h>

#include "sonde/v1/event.pb.h"
#include "sonde/v1/kubernetes.pb.h"

namespace sonde::enrich_context::store {
namespace {

// "field desired/actual", as many as there are, after the count that tells most.
using counts = std::vector<std::string>;

std::string said(const std::string& field, std::int64_t desired, std::int64_t actual) {
    return field + " " + std::to_string(desired) + "/" + std::to_string(actual);
}

v1::UnifiedEvent section(const std::string& kind, const std::string& json,
                         v1::KubernetesObject::Action action = v1::KubernetesObject::ACTION_MODIFIED) {
    v1::KubernetesObject object;
    object.set_action(action);
    object.set_kind(kind);
    object.set_object_json(json);
    const std::string bytes = object.SerializeAsString();
    object_reader reader;
    std::vector<std::uint8_t> fields;
    append_resource_state(reader, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, fields);
    v1::UnifiedEvent event;
    EXPECT_TRUE(event.ParseFromArray(fields.data(), static_cast<int>(fields.size())));
    return event;
}

counts counts_of(const v1::UnifiedEvent& event) {
    if (!event.has_resource_state()) {
        return {};
    }
    const v1::ResourceState& state = event.resource_state();
    counts all{said(state.field(), state.desired(), state.actual())};
    for (const v1::ResourceState::Divergence& each : state.divergences()) {
        all.push_back(said(each.field(), each.desired(), each.actual()));
    }
    return all;
}

struct row {
    std::string what;
    std::string kind;
    std::string json;
    counts wanted;
};

const row rows[] = {
    {"replicas 3 with 2 ready is one divergence",
     "Deployment",
     R"({"spec":{"replicas":3},"status":{"replicas":3,"updatedReplicas":3,"readyReplicas":2,"availableReplicas":2,"unavailableReplicas":1}})",
     {"readyReplicas 3/2", "readyReplicas 3/2"}},
    {"all is as it should be",
     "Deployment",
     R"({"spec":{"replicas":3},"status":{"replicas":3,"updatedReplicas":3,"readyReplicas":3,"availableReplicas":3}})",
     {"readyReplicas 3/3"}},
    {"scaled to nothing", "Deployment", R"({"spec":{"replicas":0},"status":{}})", {"readyReplicas 0/0"}},
    {"a pod that was never made",
     "Deployment",
     R"({"spec":{"replicas":3},"status":{"replicas":2,"updatedReplicas":2,"readyReplicas":1,"availableReplicas":1}})",
     {"readyReplicas 3/1", "readyReplicas 3/1", "replicas 3/2"}},
    {"in the middle of an update, one above",
     "Deployment",
     R"({"spec":{"replicas":3},"status":{"replicas":4,"updatedReplicas":2,"readyReplicas":3,"availableReplicas":3}})",
     {"readyReplicas 3/3", "replicas 3/4", "updatedReplicas 3/2"}},
    {"ready, and not yet for long enough",
     "ReplicaSet",
     R"({"spec":{"replicas":2},"status":{"replicas":2,"readyReplicas":2,"availableReplicas":1}})",
     {"readyReplicas 2/2", "availableReplicas 2/1"}},
    {"an update that stops at a partition is complete",
     "StatefulSet",
     R"({"spec":{"replicas":3,"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":2}}},"status":{"replicas":3,"readyReplicas":3,"availableReplicas":3,"updatedReplicas":1}})",
     {"readyReplicas 3/3"}},
    {"an update that has not come to the partition",
     "StatefulSet",
     R"({"spec":{"replicas":3,"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":1}}},"status":{"replicas":3,"readyReplicas":3,"availableReplicas":3,"updatedReplicas":1}})",
     {"readyReplicas 3/3", "updatedReplicas 2/1"}},
    {"updates wait for deletions",
     "StatefulSet",
     R"({"spec":{"replicas":3,"updateStrategy":{"type":"OnDelete"}},"status":{"replicas":3,"readyReplicas":3,"availableReplicas":3}})",
     {"readyReplicas 3/3"}},
    {"a node without its daemon, another with one too many",
     "DaemonSet",
     R"({"spec":{},"status":{"desiredNumberScheduled":5,"currentNumberScheduled":5,"numberReady":4,"numberAvailable":4,"updatedNumberScheduled":5,"numberMisscheduled":1}})",
     {"numberReady 5/4", "numberReady 5/4", "numberMisscheduled 0/1"}},
    {"a job at work",
     "Job",
     R"({"spec":{"parallelism":2,"completions":5},"status":{"active":2,"succeeded":1}})",
     {"succeeded 5/1", "succeeded 5/1"}},
    {"a job whose last pod runs",
     "Job",
     R"({"spec":{"parallelism":2,"completions":5},"status":{"active":1,"succeeded":4}})",
     {"succeeded 5/4", "succeeded 5/4"}},
    {"a job that cannot start its pods",
     "Job",
     R"({"spec":{"parallelism":2,"completions":2},"status":{}})",
     {"succeeded 2/0", "succeeded 2/0", "active 2/0"}},
    {"a job that was given up",
     "Job",
     R"({"spec":{"parallelism":1,"completions":1},"status":{"failed":7,"conditions":[{"type":"Failed","status":"True"}]}})",
     {"succeeded 1/0", "succeeded 1/0"}},
    {"a job that is done",
     "Job",
     R"({"spec":{"parallelism":1,"completions":1},"status":{"succeeded":1,"conditions":[{"type":"Complete","status":"True"}]}})",
     {"succeeded 1/1"}},
    {"a suspended job",
     "Job",
     R"({"spec":{"parallelism":1,"completions":1,"suspend":true},"status":{}})",
     {"succeeded 1/0", "succeeded 1/0"}},
    {"a work queue", "Job", R"({"spec":{"parallelism":3},"status":{"active":2}})", {"active 3/2", "active 3/2"}},
    {"a work queue that is empty",
     "Job",
     R"({"spec":{"parallelism":3},"status":{"active":2,"succeeded":1}})",
     {"active 2/2"}},
    {"a node that is silent",
     "Node",
     R"({"spec":{},"status":{"conditions":[{"type":"Ready","status":"Unknown"}]}})",
     {"Ready 1/0", "Ready 1/0"}},
    {"a node that is ready",
     "Node",
     R"({"spec":{},"status":{"conditions":[{"type":"Ready","status":"True"}]}})",
     {"Ready 1/1"}},
    {"a node that does not say", "Node", R"({"spec":{},"status":{"conditions":[]}})", {}},
    {"a claim that is bound to what it asks for",
     "PersistentVolumeClaim",
     R"({"spec":{"resources":{"requests":{"storage":"8Gi"}}},"status":{"phase":"Bound","capacity":{"storage":"8Gi"}}})",
     {"capacity.storage 8589934592/8589934592"}},
    {"a claim that is bound to more",
     "PersistentVolumeClaim",
     R"({"spec":{"resources":{"requests":{"storage":"1500M"}}},"status":{"capacity":{"storage":"2G"}}})",
     {"capacity.storage 1500000000/2000000000"}},
    {"a claim that grows",
     "PersistentVolumeClaim",
     R"({"spec":{"resources":{"requests":{"storage":"1Ki"}}},"status":{"capacity":{"storage":"512"}}})",
     {"capacity.storage 1024/512", "capacity.storage 1024/512"}},
    {"a claim that waits",
     "PersistentVolumeClaim",
     R"({"spec":{"resources":{"requests":{"storage":"1"}}},"status":{"phase":"Pending"}})",
     {"capacity.storage 1/0", "capacity.storage 1/0"}},
    {"quantities that are none",
     "PersistentVolumeClaim",
     R"({"spec":{"resources":{"requests":{"storage":"1Xi"}}},"status":{}})",
     {}},
    {"quantities that no number holds",
     "PersistentVolumeClaim",
     R"({"spec":{"resources":{"requests":{"storage":"8Ei"}}},"status":{}})",
     {}},
    {"quantities below zero",
     "PersistentVolumeClaim",
     R"({"spec":{"resources":{"requests":{"storage":"-1Gi"}}},"status":{}})",
     {}},
    {"a pod has no number", "Pod", R"({"spec":{"replicas":3},"status":{}})", {}},
    {"no number is told", "Deployment", R"({"spec":{},"status":{"readyReplicas":1}})", {}},
    {"no status", "Deployment", R"({"spec":{"replicas":1}})", {}},
    {"numbers that are none", "Deployment", R"({"spec":{"replicas":"3"},"status":{}})", {}},
    {"numbers beyond those of the API",
     "Job",
     R"({"spec":{"parallelism":9223372036854775807,"completions":1},"status":{"succeeded":-9223372036854775808}})",
     {}},
    {"no JSON", "Deployment", "{", {}},
};

TEST(ResourceState, tells_of_each_kind_what_differs_and_nothing_else) {
    for (const row& each : rows) {
        EXPECT_EQ(counts_of(section(each.kind, each.json)), each.wanted) << each.what;
    }
}

TEST(ResourceState, a_status_of_an_older_specification_says_that_it_is_stale) {
    const std::string json =
        R"({"metadata":{"generation":7},"spec":{"replicas":5},"status":{"observedGeneration":5,"replicas":3,"readyReplicas":3,"availableReplicas":3,"updatedReplicas":3}})";
    const auto event = section("Deployment", json);
    EXPECT_EQ(event.resource_state().generation_lag(), 2u);
    EXPECT_EQ(counts_of(event), (counts{"readyReplicas 5/3", "readyReplicas 5/3"}));
    EXPECT_EQ(section("ReplicaSet",
                      R"({"metadata":{"generation":4},"spec":{"replicas":1},"status":{"observedGeneration":4}})")
                  .resource_state()
                  .generation_lag(),
              0u);
    EXPECT_EQ(section("DaemonSet", R"({"metadata":{"generation":1},"spec":{},"status":{"desiredNumberScheduled":0}})")
                  .resource_state()
                  .generation_lag(),
              1u)
        << "no controller has seen it yet";
    EXPECT_EQ(section("Job", R"({"metadata":{"generation":3},"spec":{"parallelism":1},"status":{}})")
                  .resource_state()
                  .generation_lag(),
              0u)
        << "a Job's status does not say";
}

TEST(ResourceState, what_is_deleted_should_have_nothing) {
    const std::string json = R"({"spec":{"replicas":3},"status":{"replicas":3,"readyReplicas":2}})";
    EXPECT_TRUE(section("Deployment", json).has_resource_state());
    EXPECT_FALSE(section("Deployment", json, v1::KubernetesObject::ACTION_DELETED).has_resource_state());
}

}  // namespace
}  // namespace sonde::enrich_context::store
