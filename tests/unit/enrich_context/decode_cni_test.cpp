// SPDX-License-Identifier: Apache-2.0
// What plugins of the Container Network Interface do: type, severity, message and subject, row by row.
#include <gtest/gtest.h>

#include "decode_fixture.hpp"
#include "sonde/v1/event.pb.h"

namespace sonde::enrich_context::testing {
namespace {

const std::string container_id(64, 'c');

struct kind_row {
    v1::CniEvent_Kind kind;
    std::string_view type;
    std::string_view message;
};

TEST_F(Decode, names_each_kind_of_cni_event) {
    const kind_row rows[] = {
        {v1::CniEvent_Kind_KIND_PLUGIN_RUN, "cni.plugin.run", "bridge run"},
        {v1::CniEvent_Kind_KIND_ADDRESS_ALLOCATED, "cni.address.allocated", "10.1.0.5/24 was allocated"},
        {v1::CniEvent_Kind_KIND_ADDRESS_RELEASED, "cni.address.released", "10.1.0.5/24 was released"},
        {v1::CniEvent_Kind_KIND_INTERFACE_UP, "cni.interface.up", "eth0 is up"},
        {v1::CniEvent_Kind_KIND_INTERFACE_DOWN, "cni.interface.down", "eth0 is down"},
        {v1::CniEvent_Kind_KIND_ROUTE_ADDED, "cni.route.added", "0.0.0.0/0: route added"},
        {v1::CniEvent_Kind_KIND_ROUTE_REMOVED, "cni.route.removed", "0.0.0.0/0: route removed"},
        {v1::CniEvent_Kind_KIND_POLICY_APPLIED, "cni.policy.applied", ""},
        {v1::CniEvent_Kind_KIND_POLICY_REMOVED, "cni.policy.removed", ""},
        {v1::CniEvent_Kind_KIND_CONFIG_CHANGED, "cni.config.changed", "/etc/cni/net.d/10-web.conflist has changed"},
        {v1::CniEvent_Kind_KIND_HEALTH, "cni.health", ""},
        {v1::CniEvent_Kind_KIND_ERROR, "cni.error", ""},
        {v1::CniEvent_Kind_KIND_LOG, "cni.log", ""},
        {v1::CniEvent_Kind_KIND_NAMESPACE_CREATED, "cni.namespace.created", "/run/netns/web was created"},
        {v1::CniEvent_Kind_KIND_NAMESPACE_REMOVED, "cni.namespace.removed", "/run/netns/web was removed"},
        {v1::CniEvent_Kind_KIND_RESULT_ADDED, "cni.result.added", ""},
        {v1::CniEvent_Kind_KIND_RESULT_REMOVED, "cni.result.removed", ""},
        {v1::CniEvent_Kind_KIND_POOL, "cni.pool", ""},
        {v1::CniEvent_Kind_KIND_INTERFACE_ADDED, "cni.interface.added", "eth0 was added"},
        {v1::CniEvent_Kind_KIND_INTERFACE_REMOVED, "cni.interface.removed", "eth0 was removed"},
        {v1::CniEvent_Kind_KIND_ADDRESS_ADDED, "cni.address.added", "10.1.0.5/24 was added"},
        {v1::CniEvent_Kind_KIND_ADDRESS_REMOVED, "cni.address.removed", "10.1.0.5/24 was removed"},
    };
    ASSERT_EQ(std::size(rows), static_cast<std::size_t>(v1::CniEvent_Kind_descriptor()->value_count() - 1));
    for (const kind_row& row : rows) {
        v1::CniEvent event;
        event.set_kind(row.kind);
        event.set_plugin("bridge");
        event.set_interface("eth0");
        event.add_addresses("10.1.0.5/24");
        event.add_addresses("fd00::5/64");
        event.add_routes()->set_destination("0.0.0.0/0");
        event.add_routes()->set_destination("::/0");
        event.set_netns("/run/netns/web");
        event.set_path("/etc/cni/net.d/10-web.conflist");
        EXPECT_EQ(of("sonde.v1.CniEvent", event), verdict::event);
        EXPECT_EQ(said.type, row.type);
        EXPECT_EQ(said.message, row.message) << row.type;
        EXPECT_FALSE(said.message_is_told);
        EXPECT_EQ(said.severity, severity::info);
        EXPECT_EQ(said.to, decode::domain::cni);
        event.set_message("told\nin lines");
        event.set_kind(row.kind);
        static_cast<void>(of("sonde.v1.CniEvent", event));
        const bool is_run = row.kind == v1::CniEvent_Kind_KIND_PLUGIN_RUN;
        EXPECT_EQ(said.message, is_run ? row.message : "told") << row.type;
        EXPECT_EQ(said.message_is_told, !is_run);
    }
    v1::CniEvent none;
    EXPECT_EQ(of("sonde.v1.CniEvent", none), verdict::malformed);
    none.set_kind(static_cast<v1::CniEvent_Kind>(99));
    EXPECT_EQ(of("sonde.v1.CniEvent", none), verdict::unknown);
}

struct severity_row {
    v1::CniEvent_Operation operation;
    std::uint32_t told;
    severity wanted;
    std::string_view type;
    std::string_view message;
};

TEST_F(Decode, a_run_of_a_cni_plugin_is_as_severe_as_its_collector_says) {
    const severity_row rows[] = {
        {v1::CniEvent_Operation_OPERATION_ADD, 9, severity::info, "cni.plugin.run", "bridge ADD for ns/web"},
        {v1::CniEvent_Operation_OPERATION_ADD, 13, severity::warn, "cni.plugin.run", "bridge ADD for ns/web"},
        {v1::CniEvent_Operation_OPERATION_ADD, 21, severity::fatal, "cni.plugin.failed",
         "bridge ADD failed for ns/web"},
        {v1::CniEvent_Operation_OPERATION_DEL, 17, severity::error, "cni.plugin.failed",
         "bridge DEL failed for ns/web"},
        {v1::CniEvent_Operation_OPERATION_CHECK, 13, severity::warn, "cni.plugin.run", "bridge CHECK for ns/web"},
        {v1::CniEvent_Operation_OPERATION_GC, 0, severity::info, "cni.plugin.run", "bridge GC for ns/web"},
        {v1::CniEvent_Operation_OPERATION_STATUS, 25, severity::info, "cni.plugin.run", "bridge STATUS for ns/web"},
        {v1::CniEvent_Operation_OPERATION_VERSION, 9, severity::info, "cni.plugin.run", "bridge VERSION for ns/web"},
    };
    for (const severity_row& row : rows) {
        v1::CniEvent event;
        event.set_kind(v1::CniEvent_Kind_KIND_PLUGIN_RUN);
        event.set_operation(row.operation);
        event.set_severity(row.told);
        event.set_family("bridge");
        event.set_pod_name("web");
        event.set_pod_namespace("ns");
        EXPECT_EQ(of("sonde.v1.CniEvent", event), verdict::event);
        EXPECT_EQ(said.severity, row.wanted) << row.told;
        EXPECT_EQ(said.type, row.type);
        EXPECT_EQ(said.message, row.message);
        EXPECT_FALSE(said.severity_is_told) << "concluded, if not here";
    }
}

TEST_F(Decode, a_failed_run_of_a_cni_plugin_says_why) {
    v1::CniEvent event;
    event.set_kind(v1::CniEvent_Kind_KIND_PLUGIN_RUN);
    event.set_operation(v1::CniEvent_Operation_OPERATION_ADD);
    event.set_severity(21);
    event.set_family("bridge");
    event.set_plugin("web-bridge");
    event.set_container_id("c0ffee");
    event.set_error("no addresses left\nin 10.1.0.0/24");
    static_cast<void>(of("sonde.v1.CniEvent", event));
    EXPECT_EQ(said.message, "web-bridge ADD failed for c0ffee: no addresses left");
    event.set_kind(v1::CniEvent_Kind_KIND_ERROR);  // as a log has it
    static_cast<void>(of("sonde.v1.CniEvent", event));
    EXPECT_EQ(said.type, "cni.plugin.failed");
    EXPECT_EQ(said.message, "web-bridge ADD failed for c0ffee: no addresses left");
    event.clear_operation();
    static_cast<void>(of("sonde.v1.CniEvent", event));
    EXPECT_EQ(said.type, "cni.error");
    EXPECT_EQ(said.severity, severity::fatal);
    EXPECT_EQ(said.message, "no addresses left");
}

TEST_F(Decode, a_cni_event_is_about_the_container_and_not_about_the_plugin_that_ran) {
    v1::CniEvent event;
    event.set_kind(v1::CniEvent_Kind_KIND_PLUGIN_RUN);
    event.set_pid(7);
    static_cast<void>(of("sonde.v1.CniEvent", event));
    EXPECT_EQ(said.about.pid, 7u) << "nothing better is known";
    event.set_container_id(container_id);
    event.set_pod_uid("u-1");
    event.set_pod_name("web-0");
    event.set_pod_namespace("ns");
    static_cast<void>(of("sonde.v1.CniEvent", event));
    EXPECT_EQ(said.about.pid, 0u);
    EXPECT_EQ(said.about.container_id, container_id);
    EXPECT_EQ(said.about.pod_uid, "u-1");
    EXPECT_EQ(said.about.pod_name, "web-0");
    EXPECT_EQ(said.about.pod_namespace, "ns");
}

TEST_F(Decode, a_cni_configuration_that_was_there_is_no_event) {
    const std::pair<v1::CniConfigChange_Action, verdict> rows[] = {
        {v1::CniConfigChange_Action_ACTION_LISTED, verdict::state},
        {v1::CniConfigChange_Action_ACTION_ADDED, verdict::event},
        {v1::CniConfigChange_Action_ACTION_CHANGED, verdict::event},
        {v1::CniConfigChange_Action_ACTION_REMOVED, verdict::event},
    };
    for (const auto& [action, wanted] : rows) {
        v1::CniEvent event;
        event.set_kind(v1::CniEvent_Kind_KIND_CONFIG_CHANGED);
        event.mutable_config_change()->set_action(action);
        EXPECT_EQ(of("sonde.v1.CniEvent", event), wanted) << action;
    }
}

}  // namespace
}  // namespace sonde::enrich_context::testing
