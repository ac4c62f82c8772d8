// SPDX-License-Identifier: Apache-2.0
// Type, severity, message, subject and key of each kind of payload, row by row.
#include "enrich_context/decode/registry.hpp"

#include <gtest/gtest.h>

#include "fixture.hpp"
#include "sonde/v1/event.pb.h"

namespace sonde::enrich_context::testing {
namespace {

using decode::severity;
using decode::verdict;

class Decode : public ::testing::Test {
protected:
    decode::decoded said;
    std::string payload;

    verdict of(std::string_view content_type, const google::protobuf::Message& message) {
        payload = message.SerializeAsString();
        schema::envelope_view envelope;
        envelope.content_type = content_type;
        envelope.revision = 1;
        envelope.time = 1000;
        envelope.data = bytes_of(payload);
        envelope.resource.node_name = "node-1";
        return decode::decode(envelope, said);
    }
};

struct process_row {
    v1::ProcessEvent_Kind kind;
    std::string_view type;
    verdict wanted;
};

TEST_F(Decode, names_each_kind_of_process_event) {
    const process_row rows[] = {
        {v1::ProcessEvent_Kind_KIND_EXEC, "process.exec", verdict::event},
        {v1::ProcessEvent_Kind_KIND_FORK, "process.fork", verdict::event},
        {v1::ProcessEvent_Kind_KIND_EXIT, "process.exit", verdict::event},
        {v1::ProcessEvent_Kind_KIND_COMM, "process.rename", verdict::event},
        {v1::ProcessEvent_Kind_KIND_UID, "process.user_change", verdict::event},
        {v1::ProcessEvent_Kind_KIND_GID, "process.group_change", verdict::event},
        {v1::ProcessEvent_Kind_KIND_SAMPLE, "process.sample", verdict::event},
        {v1::ProcessEvent_Kind_KIND_SNAPSHOT_END, "", verdict::state},
        {v1::ProcessEvent_Kind_KIND_SOURCE_END, "", verdict::state},
        {v1::ProcessEvent_Kind_KIND_UNSPECIFIED, "malformed", verdict::malformed},
    };
    for (const process_row& row : rows) {
        v1::ProcessEvent event;
        event.set_kind(row.kind);
        EXPECT_EQ(of("sonde.v1.ProcessEvent", event), row.wanted) << row.type;
        EXPECT_EQ(said.type, row.type);
        EXPECT_EQ(said.severity, severity::info) << row.type;
    }
    v1::ProcessEvent newer;
    newer.set_kind(static_cast<v1::ProcessEvent_Kind>(200));
    EXPECT_EQ(of("sonde.v1.ProcessEvent", newer), verdict::unknown);
}

TEST_F(Decode, an_exit_by_signal_is_a_warning_and_one_with_a_code_is_not) {
    v1::ProcessEvent event;
    event.set_kind(v1::ProcessEvent_Kind_KIND_EXIT);
    event.set_exit_code(1);
    EXPECT_EQ(of("sonde.v1.ProcessEvent", event), verdict::event);
    EXPECT_EQ(said.severity, severity::info);
    event.set_exit_signal(11);
    static_cast<void>(of("sonde.v1.ProcessEvent", event));
    EXPECT_EQ(said.severity, severity::warn);
    EXPECT_EQ(said.message, "process (0) was ended by signal 11 (SIGSEGV)");
}

TEST_F(Decode, takes_the_process_from_the_payload) {
    v1::ProcessEvent event;
    event.set_kind(v1::ProcessEvent_Kind_KIND_EXEC);
    auto& process = *event.mutable_process();
    process.set_pid(42);
    process.set_create_time_unix_nano(77);
    process.set_cgroup_id(5);
    process.set_container_id("c0ffee");
    static_cast<void>(of("sonde.v1.ProcessEvent", event));
    EXPECT_EQ(said.about.pid, 42u);
    EXPECT_EQ(said.about.process_start, 77u);
    EXPECT_EQ(said.about.cgroup_id, 5u);
    EXPECT_EQ(said.about.container_id, "c0ffee");
    EXPECT_EQ(said.about.node_name, "node-1");
    EXPECT_EQ(said.about.time, 1000u);
}

TEST_F(Decode, an_oom_kill_is_an_error) {
    v1::OomKill kill;
    kill.mutable_victim()->set_pid(9);
    kill.mutable_victim()->set_name("hungry");
    EXPECT_EQ(of("sonde.v1.OomKill", kill), verdict::event);
    EXPECT_EQ(said.type, "process.oom_kill");
    EXPECT_EQ(said.severity, severity::error);
    EXPECT_EQ(said.message, "the kernel ended hungry (9) for want of memory");
    EXPECT_EQ(said.about.pid, 9u);
}

v1::ConnectionEvent connection(v1::ConnectionEvent_Kind kind) {
    v1::ConnectionEvent event;
    event.set_kind(kind);
    auto& made = *event.mutable_connection();
    made.set_local_address(std::string("\x0a\x00\x00\x05", 4));
    made.set_local_port(40000);
    made.set_peer_address(std::string("\x0a\x60\x00\x01", 4));
    made.set_peer_port(443);
    made.set_transport(v1::TRANSPORT_TCP);
    made.set_direction(v1::CONNECTION_DIRECTION_OUTGOING);
    made.set_pid(5);
    made.set_created_time_unix_nano(900);
    made.set_network_namespace(11);
    return event;
}

TEST_F(Decode, keeps_what_was_dialled_and_where_it_went_apart) {
    auto event = connection(v1::ConnectionEvent_Kind_KIND_CLOSED);
    event.mutable_connection()->mutable_translation()->set_reply_source_address(std::string("\x0a\x01\x00\x06", 4));
    event.mutable_connection()->mutable_translation()->set_reply_source_port(8443);
    event.mutable_connection()->add_peer_names("web.default.svc");
    EXPECT_EQ(of("sonde.v1.ConnectionEvent", event), verdict::event);
    EXPECT_EQ(said.type, "network.connection.closed");
    EXPECT_TRUE(said.is_connection);
    ASSERT_TRUE(said.has_dialled);
    EXPECT_EQ(said.dialled.address[13], 0x60);
    EXPECT_EQ(said.dialled.address[10], 0xff);
    EXPECT_EQ(said.dialled.port, 443);
    ASSERT_TRUE(said.has_remote);
    EXPECT_EQ(said.actual.address[15], 6);
    EXPECT_EQ(said.actual.port, 8443);
    EXPECT_EQ(said.actual.time, 900u) << "addresses mean what they meant then";
    EXPECT_EQ(said.actual.network_namespace, 11u);
    ASSERT_EQ(said.name_count, 1u);
    EXPECT_EQ(said.names[0], "web.default.svc");
    event.mutable_connection()->set_direction(v1::CONNECTION_DIRECTION_INCOMING);
    static_cast<void>(of("sonde.v1.ConnectionEvent", event));
    EXPECT_FALSE(said.has_dialled) << "the peer dialled, not this end";
}

TEST_F(Decode, without_translation_the_peer_is_where_it_says) {
    static_cast<void>(of("sonde.v1.ConnectionEvent", connection(v1::ConnectionEvent_Kind_KIND_SNAPSHOT)));
    EXPECT_EQ(said.type, "network.connection.snapshot");
    EXPECT_FALSE(said.has_dialled);
    EXPECT_EQ(said.actual.port, 443);
    auto nowhere = connection(v1::ConnectionEvent_Kind_KIND_SNAPSHOT);
    nowhere.mutable_connection()->set_peer_address(std::string(4, '\0'));
    static_cast<void>(of("sonde.v1.ConnectionEvent", nowhere));
    EXPECT_FALSE(said.has_remote);
}

TEST_F(Decode, a_failed_connection_is_a_warning_with_its_reason) {
    auto event = connection(v1::ConnectionEvent_Kind_KIND_FAILED);
    event.mutable_connection()->set_error_code(111);
    static_cast<void>(of("sonde.v1.ConnectionEvent", event));
    EXPECT_EQ(said.type, "network.connection.failed");
    EXPECT_EQ(said.severity, severity::warn);
    EXPECT_EQ(said.message, "connection to 10.96.0.1:443 failed: ECONNREFUSED");
    event.mutable_connection()->set_error_code(0);
    static_cast<void>(of("sonde.v1.ConnectionEvent", event));
    EXPECT_EQ(said.message, "connection to 10.96.0.1:443 failed");
}

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

TEST_F(Decode, knows_a_decoder_for_every_payload_that_an_event_can_carry) {
    const auto* body = v1::UnifiedEvent::descriptor()->FindOneofByName("body");
    for (int i = 0; i < body->field_count(); ++i) {
        const std::string name = body->field(i)->message_type()->full_name();
        if (name == "sonde.v1.Generic") {
            continue;
        }
        EXPECT_TRUE(std::ranges::any_of(decode::known_decoders(), [&](const auto& each) {
            return each.content_type == name;
        })) << name;
    }
}

TEST_F(Decode, never_reads_beyond_a_payload_that_is_cut) {
    auto whole = connection(v1::ConnectionEvent_Kind_KIND_CLOSED);
    whole.mutable_connection()->mutable_translation()->set_reply_source_address("abcd");
    const std::string text = whole.SerializeAsString();
    for (std::size_t size = 0; size < text.size(); ++size) {
        const std::vector<std::uint8_t> exact(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));
        schema::envelope_view envelope;
        envelope.content_type = "sonde.v1.ConnectionEvent";
        envelope.revision = 1;
        envelope.data = exact;
        EXPECT_NE(decode::decode(envelope, said), verdict::event) << size;
    }
}

}  // namespace
}  // namespace sonde::enrich_context::testing
