// SPDX-License-Identifier: Apache-2.0
// Objects and events of a cluster, what kubelets say, and containers: type, severity, subject and key, row by row.
#include <gtest/gtest.h>

#include "decode_fixture.hpp"
#include "sonde/v1/event.pb.h"

namespace sonde::enrich_context::testing {
namespace {

struct object_row {
    std::string_view kind;
    v1::KubernetesObject_Action action;
    std::string_view type;
    std::string_view key;
};

TEST_F(Decode, names_objects_by_kind_and_action_and_gives_their_keys) {
    const object_row rows[] = {
        {"Pod", v1::KubernetesObject_Action_ACTION_ADDED, "k8s.pod.added", "pod:u-1"},
        {"Service", v1::KubernetesObject_Action_ACTION_MODIFIED, "k8s.service.modified", "service:ns/web"},
        {"Node", v1::KubernetesObject_Action_ACTION_DELETED, "k8s.node.deleted", "node:web"},
        {"Namespace", v1::KubernetesObject_Action_ACTION_ADDED, "k8s.namespace.added", "namespace:web"},
        {"ReplicaSet", v1::KubernetesObject_Action_ACTION_ADDED, "k8s.replicaset.added", "workload:ns/ReplicaSet/web"},
        {"EndpointSlice", v1::KubernetesObject_Action_ACTION_ADDED, "k8s.endpointslice.added", ""},
    };
    for (const object_row& row : rows) {
        v1::KubernetesObject object;
        object.set_action(row.action);
        object.set_kind(std::string(row.kind));
        object.set_namespace_("ns");
        object.set_name("web");
        object.set_uid("u-1");
        EXPECT_EQ(of("sonde.v1.KubernetesObject", object), verdict::event);
        EXPECT_EQ(said.type, row.type);
        EXPECT_EQ(said.entity_key, row.key);
        EXPECT_EQ(said.about.pod_uid, row.kind == "Pod" ? "u-1" : "");
        EXPECT_EQ(said.severity, severity::info);
    }
    v1::KubernetesObject synced;
    synced.set_action(v1::KubernetesObject_Action_ACTION_SYNCED);
    EXPECT_EQ(of("sonde.v1.KubernetesObject", synced), verdict::state);
}

TEST_F(Decode, a_kubernetes_warning_is_one_as_told) {
    v1::KubernetesObject object;
    object.set_action(v1::KubernetesObject_Action_ACTION_ADDED);
    object.set_kind("Event");
    auto& event = *object.mutable_event();
    event.set_type("Warning");
    event.set_reason("BackOff");
    event.set_message("Back-off restarting failed container");
    event.mutable_involved()->set_kind("Pod");
    event.mutable_involved()->set_uid("u-1");
    event.mutable_involved()->set_name("web-0");
    event.mutable_involved()->set_namespace_("ns");
    static_cast<void>(of("sonde.v1.KubernetesObject", object));
    EXPECT_EQ(said.type, "k8s.event");
    EXPECT_EQ(said.severity, severity::warn);
    EXPECT_TRUE(said.severity_is_told);
    EXPECT_EQ(said.message, "Back-off restarting failed container");
    EXPECT_TRUE(said.message_is_told);
    EXPECT_EQ(said.entity_key, "pod:u-1");
    EXPECT_EQ(said.about.pod_name, "web-0");
    event.set_type("Normal");
    static_cast<void>(of("sonde.v1.KubernetesObject", object));
    EXPECT_EQ(said.severity, severity::info);
    object.set_action(v1::KubernetesObject_Action_ACTION_DELETED);
    EXPECT_EQ(of("sonde.v1.KubernetesObject", object), verdict::state);
}

struct condition_row {
    v1::KubeletEvent_Condition condition;
    std::string_view type;
    severity wanted;
};

TEST_F(Decode, kubelet_conditions_have_a_severity_each_until_they_end) {
    const condition_row rows[] = {
        {v1::KubeletEvent_Condition_CONDITION_NODE_MEMORY_PRESSURE, "kubelet.node_memory_pressure", severity::error},
        {v1::KubeletEvent_Condition_CONDITION_MEMORY_NEAR_LIMIT, "kubelet.memory_near_limit", severity::warn},
        {v1::KubeletEvent_Condition_CONDITION_EPHEMERAL_STORAGE, "kubelet.ephemeral_storage", severity::warn},
        {v1::KubeletEvent_Condition_CONDITION_CONTAINER_WAITING, "kubelet.container_waiting", severity::warn},
        {v1::KubeletEvent_Condition_CONDITION_CONTAINER_TERMINATED, "kubelet.container_terminated", severity::warn},
        {v1::KubeletEvent_Condition_CONDITION_CRASH_LOOP, "kubelet.crash_loop", severity::error},
        {v1::KubeletEvent_Condition_CONDITION_POD_NOT_READY, "kubelet.pod_not_ready", severity::warn},
        {v1::KubeletEvent_Condition_CONDITION_CPU_NEAR_LIMIT, "kubelet.cpu_near_limit", severity::warn},
    };
    ASSERT_EQ(std::size(rows), static_cast<std::size_t>(v1::KubeletEvent_Condition_descriptor()->value_count() - 1));
    for (const condition_row& row : rows) {
        v1::KubeletEvent event;
        event.set_condition(row.condition);
        event.set_pod_uid("u-1");
        event.set_container_id("c1");
        EXPECT_EQ(of("sonde.v1.KubeletEvent", event), verdict::event);
        EXPECT_EQ(said.type, row.type);
        EXPECT_EQ(said.severity, row.wanted) << row.type;
        EXPECT_EQ(said.about.container_id, "c1");
        event.set_ended(true);
        static_cast<void>(of("sonde.v1.KubeletEvent", event));
        EXPECT_EQ(said.type, std::string(row.type) + ".ended");
        EXPECT_EQ(said.severity, severity::info);
    }
}

TEST_F(Decode, a_container_that_ends_with_an_error_is_a_warning) {
    v1::ContainerEvent event;
    event.set_action(v1::ContainerEvent_Action_ACTION_EXITED);
    event.mutable_container()->set_id("c1");
    event.mutable_container()->set_exit_code(0);
    static_cast<void>(of("sonde.v1.ContainerEvent", event));
    EXPECT_EQ(said.type, "container.exited");
    EXPECT_EQ(said.severity, severity::info);
    event.mutable_container()->set_exit_code(-1);
    static_cast<void>(of("sonde.v1.ContainerEvent", event));
    EXPECT_EQ(said.severity, severity::warn);
    EXPECT_EQ(said.about.container_id, "c1");
}

}  // namespace
}  // namespace sonde::enrich_context::testing
