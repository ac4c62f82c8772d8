// SPDX-License-Identifier: Apache-2.0
// Keys of an etcd and its members: type, severity, message and the object that a key names, row by row.
#include <gtest/gtest.h>

#include "decode_fixture.hpp"
#include "sonde/v1/event.pb.h"

namespace sonde::enrich_context::testing {
namespace {

struct kind_row {
    v1::EtcdEvent_Kind kind;
    verdict wanted;
    std::string_view type;
    severity how_severe;
    std::string_view message;
};

TEST_F(Decode, names_each_kind_of_etcd_event) {
    const kind_row rows[] = {
        {v1::EtcdEvent_Kind_KIND_PUT, verdict::event, "etcd.key.put", severity::info, "put of /plain/key"},
        {v1::EtcdEvent_Kind_KIND_DELETE, verdict::event, "etcd.key.deleted", severity::info, "deletion of /plain/key"},
        {v1::EtcdEvent_Kind_KIND_GAP, verdict::event, "etcd.gap", severity::warn,
         "events from revision 7 on may have been missed: compacted"},
        {v1::EtcdEvent_Kind_KIND_RESYNC, verdict::event, "etcd.key.resync", severity::info, ""},
        {v1::EtcdEvent_Kind_KIND_SYNCED, verdict::event, "etcd.synced", severity::info, ""},
        {v1::EtcdEvent_Kind_KIND_UNSPECIFIED, verdict::malformed, "malformed", severity::info, ""},
    };
    ASSERT_EQ(std::size(rows), static_cast<std::size_t>(v1::EtcdEvent_Kind_descriptor()->value_count()));
    for (const kind_row& row : rows) {
        v1::EtcdEvent event;
        event.set_kind(row.kind);
        event.set_key("/plain/key");
        event.set_from_revision(7);
        event.set_reason("compacted");
        EXPECT_EQ(of("sonde.v1.EtcdEvent", event), row.wanted) << row.type;
        EXPECT_EQ(said.type, row.type);
        EXPECT_EQ(said.severity, row.how_severe) << row.type;
        EXPECT_EQ(said.message, row.message);
        EXPECT_EQ(said.entity_key, "");
    }
    v1::EtcdEvent newer;
    newer.set_kind(static_cast<v1::EtcdEvent_Kind>(99));
    EXPECT_EQ(of("sonde.v1.EtcdEvent", newer), verdict::unknown);
    EXPECT_EQ(said.to, decode::domain::generic);
}

TEST_F(Decode, an_etcd_key_that_is_not_text_is_not_in_the_message) {
    v1::EtcdEvent event;
    event.set_kind(v1::EtcdEvent_Kind_KIND_PUT);
    event.set_key_binary("\xff\xfe");
    EXPECT_EQ(of("sonde.v1.EtcdEvent", event), verdict::event);
    EXPECT_EQ(said.message, "");
    EXPECT_EQ(said.to, decode::domain::etcd);
}

struct object_row {
    std::string_view kind;
    std::string_view in_namespace;
    std::string_view key;
};

TEST_F(Decode, a_key_of_a_kubernetes_registry_is_about_its_object) {
    const object_row rows[] = {
        {"Service", "ns", "service:ns/web"},
        {"Node", "", "node:web"},
        {"Namespace", "", "namespace:web"},
        {"Deployment", "ns", "workload:ns/Deployment/web"},
        {"ConfigMap", "ns", ""},
        {"", "ns", ""},
        {"Pod", "ns", ""},
    };
    for (const object_row& row : rows) {
        v1::EtcdEvent event;
        event.set_kind(v1::EtcdEvent_Kind_KIND_PUT);
        event.set_key("/registry/things/ns/web");
        auto& object = *event.mutable_kubernetes();
        object.set_kind(std::string(row.kind));
        object.set_namespace_(std::string(row.in_namespace));
        object.set_name("web");
        EXPECT_EQ(of("sonde.v1.EtcdEvent", event), verdict::event);
        EXPECT_EQ(said.entity_key, row.key) << row.kind;
        EXPECT_EQ(said.about.pod_name, row.kind == "Pod" ? "web" : "") << "its uid takes a look-up";
        EXPECT_EQ(said.about.pod_namespace, row.kind == "Pod" ? "ns" : "");
    }
}

TEST_F(Decode, the_worst_of_an_etcd_member_names_its_status) {
    v1::EtcdStatus status;
    status.set_endpoint("https://etcd-0:2379");
    status.set_failure("connection refused");
    EXPECT_EQ(of("sonde.v1.EtcdStatus", status), verdict::event);
    EXPECT_EQ(said.type, "etcd.member.unreachable");
    EXPECT_EQ(said.severity, severity::error);
    EXPECT_EQ(said.message, "https://etcd-0:2379 does not answer: connection refused");

    status.clear_failure();
    status.set_reachable(true);
    status.add_alarms("NOSPACE");
    status.add_errors("etcdserver: no leader\nat all");
    static_cast<void>(of("sonde.v1.EtcdStatus", status));
    EXPECT_EQ(said.type, "etcd.member.alarm");
    EXPECT_EQ(said.severity, severity::error);
    EXPECT_EQ(said.message, "https://etcd-0:2379 raises an alarm: NOSPACE");

    status.clear_alarms();
    static_cast<void>(of("sonde.v1.EtcdStatus", status));
    EXPECT_EQ(said.type, "etcd.member.no_leader");
    EXPECT_EQ(said.severity, severity::error);
    EXPECT_EQ(said.message, "https://etcd-0:2379 knows no leader");

    status.set_leader_id(3);
    static_cast<void>(of("sonde.v1.EtcdStatus", status));
    EXPECT_EQ(said.type, "etcd.member.status");
    EXPECT_EQ(said.severity, severity::warn);
    EXPECT_EQ(said.message, "https://etcd-0:2379 reports an error: etcdserver: no leader");

    status.clear_errors();
    static_cast<void>(of("sonde.v1.EtcdStatus", status));
    EXPECT_EQ(said.type, "etcd.member.status");
    EXPECT_EQ(said.severity, severity::info);
    EXPECT_EQ(said.message, "");
    EXPECT_EQ(said.to, decode::domain::etcd);
}

}  // namespace
}  // namespace sonde::enrich_context::testing
