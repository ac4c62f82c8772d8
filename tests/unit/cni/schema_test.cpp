// SPDX-License-Identifier: Apache-2.0
// The numbers that the writer uses are those of the .proto file, and what it writes can be read.
#include "cni/schema.hpp"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "cni/event_writer.hpp"
#include "sonde/v1/cni.pb.h"

namespace sonde::cni {
namespace {

using numbers = std::map<std::string, int>;

numbers fields_of(const google::protobuf::Descriptor& message) {
    numbers found;
    for (int i = 0; i < message.field_count(); ++i) {
        found.emplace(message.field(i)->name(), message.field(i)->number());
    }
    return found;
}

numbers values_of(const google::protobuf::EnumDescriptor& of) {
    numbers found;
    for (int i = 0; i < of.value_count(); ++i) {
        found.emplace(of.value(i)->name(), of.value(i)->number());
    }
    return found;
}

int number(auto of) { return static_cast<int>(of); }

TEST(CniSchema, event_fields_match_the_descriptor) {
    EXPECT_EQ(fields_of(*v1::CniEvent::descriptor()), (numbers{{"kind", schema::event_kind},
                                                               {"source", schema::event_source},
                                                               {"operation", schema::event_operation},
                                                               {"severity", schema::event_severity},
                                                               {"family", schema::event_family},
                                                               {"plugin", schema::event_plugin},
                                                               {"network", schema::event_network},
                                                               {"cni_version", schema::event_cni_version},
                                                               {"container_id", schema::event_container_id},
                                                               {"pod_uid", schema::event_pod_uid},
                                                               {"pod_name", schema::event_pod_name},
                                                               {"pod_namespace", schema::event_pod_namespace},
                                                               {"netns", schema::event_netns},
                                                               {"netns_inode", schema::event_netns_inode},
                                                               {"interface", schema::event_interface},
                                                               {"addresses", schema::event_addresses},
                                                               {"subnet", schema::event_subnet},
                                                               {"gateway", schema::event_gateway},
                                                               {"routes", schema::event_routes},
                                                               {"dns", schema::event_dns},
                                                               {"capabilities", schema::event_capabilities},
                                                               {"duration_ns", schema::event_duration},
                                                               {"exit_code", schema::event_exit_code},
                                                               {"exit_signal", schema::event_exit_signal},
                                                               {"success", schema::event_success},
                                                               {"error", schema::event_error},
                                                               {"level", schema::event_level},
                                                               {"message", schema::event_message},
                                                               {"raw", schema::event_raw},
                                                               {"raw_truncated", schema::event_raw_truncated},
                                                               {"pid", schema::event_pid},
                                                               {"arguments", schema::event_arguments},
                                                               {"path", schema::event_path},
                                                               {"offset", schema::event_offset},
                                                               {"mac_address", schema::event_mac_address},
                                                               {"mtu", schema::event_mtu},
                                                               {"interface_index", schema::event_interface_index},
                                                               {"config_change", schema::event_config_change},
                                                               {"pool", schema::event_pool}}));
}

TEST(CniSchema, route_fields_match_the_descriptor) {
    EXPECT_EQ(fields_of(*v1::CniRoute::descriptor()),
              (numbers{{"destination", schema::route_destination}, {"gateway", schema::route_gateway}}));
}

TEST(CniSchema, dns_fields_match_the_descriptor) {
    EXPECT_EQ(fields_of(*v1::CniDns::descriptor()), (numbers{{"servers", schema::dns_servers},
                                                             {"domain", schema::dns_domain},
                                                             {"search", schema::dns_search},
                                                             {"options", schema::dns_options}}));
}

TEST(CniSchema, change_fields_match_the_descriptor) {
    EXPECT_EQ(fields_of(*v1::CniConfigChange::descriptor()),
              (numbers{{"action", schema::change_action},
                       {"plugins", schema::change_plugins},
                       {"differences", schema::change_differences},
                       {"differences_left_out", schema::change_differences_left_out}}));
}

TEST(CniSchema, difference_fields_match_the_descriptor) {
    EXPECT_EQ(fields_of(*v1::CniDifference::descriptor()), (numbers{{"key", schema::difference_key},
                                                                    {"before", schema::difference_before},
                                                                    {"after", schema::difference_after}}));
}

TEST(CniSchema, pool_fields_match_the_descriptor) {
    EXPECT_EQ(fields_of(*v1::CniPool::descriptor()),
              (numbers{{"used", schema::pool_used}, {"size", schema::pool_size}}));
}

TEST(CniSchema, values_of_kind_match) {
    EXPECT_EQ(values_of(*v1::CniEvent::Kind_descriptor()),
              (numbers{{"KIND_UNSPECIFIED", number(schema::kind::unspecified)},
                       {"KIND_PLUGIN_RUN", number(schema::kind::plugin_run)},
                       {"KIND_ADDRESS_ALLOCATED", number(schema::kind::address_allocated)},
                       {"KIND_ADDRESS_RELEASED", number(schema::kind::address_released)},
                       {"KIND_INTERFACE_UP", number(schema::kind::interface_up)},
                       {"KIND_INTERFACE_DOWN", number(schema::kind::interface_down)},
                       {"KIND_ROUTE_ADDED", number(schema::kind::route_added)},
                       {"KIND_ROUTE_REMOVED", number(schema::kind::route_removed)},
                       {"KIND_POLICY_APPLIED", number(schema::kind::policy_applied)},
                       {"KIND_POLICY_REMOVED", number(schema::kind::policy_removed)},
                       {"KIND_CONFIG_CHANGED", number(schema::kind::config_changed)},
                       {"KIND_HEALTH", number(schema::kind::health)},
                       {"KIND_ERROR", number(schema::kind::error)},
                       {"KIND_LOG", number(schema::kind::log)},
                       {"KIND_NAMESPACE_CREATED", number(schema::kind::namespace_created)},
                       {"KIND_NAMESPACE_REMOVED", number(schema::kind::namespace_removed)},
                       {"KIND_RESULT_ADDED", number(schema::kind::result_added)},
                       {"KIND_RESULT_REMOVED", number(schema::kind::result_removed)},
                       {"KIND_POOL", number(schema::kind::pool)},
                       {"KIND_INTERFACE_ADDED", number(schema::kind::interface_added)},
                       {"KIND_INTERFACE_REMOVED", number(schema::kind::interface_removed)},
                       {"KIND_ADDRESS_ADDED", number(schema::kind::address_added)},
                       {"KIND_ADDRESS_REMOVED", number(schema::kind::address_removed)}}));
}

TEST(CniSchema, values_of_source_match) {
    EXPECT_EQ(values_of(*v1::CniEvent::Source_descriptor()),
              (numbers{{"SOURCE_UNSPECIFIED", number(schema::source::unspecified)},
                       {"SOURCE_LOG", number(schema::source::log)},
                       {"SOURCE_EXECUTION", number(schema::source::execution)},
                       {"SOURCE_CONFIG", number(schema::source::config)},
                       {"SOURCE_STATE", number(schema::source::state)},
                       {"SOURCE_NETWORK", number(schema::source::network)}}));
}

TEST(CniSchema, values_of_operation_match) {
    EXPECT_EQ(values_of(*v1::CniEvent::Operation_descriptor()),
              (numbers{{"OPERATION_UNSPECIFIED", number(schema::operation::unspecified)},
                       {"OPERATION_ADD", number(schema::operation::add)},
                       {"OPERATION_DEL", number(schema::operation::del)},
                       {"OPERATION_CHECK", number(schema::operation::check)},
                       {"OPERATION_GC", number(schema::operation::gc)},
                       {"OPERATION_STATUS", number(schema::operation::status)},
                       {"OPERATION_VERSION", number(schema::operation::version)}}));
}

TEST(CniSchema, values_of_config_action_match) {
    EXPECT_EQ(values_of(*v1::CniConfigChange::Action_descriptor()),
              (numbers{{"ACTION_UNSPECIFIED", number(schema::config_action::unspecified)},
                       {"ACTION_LISTED", number(schema::config_action::listed)},
                       {"ACTION_ADDED", number(schema::config_action::added)},
                       {"ACTION_CHANGED", number(schema::config_action::changed)},
                       {"ACTION_REMOVED", number(schema::config_action::removed)}}));
}

TEST(CniSchema, what_is_written_is_read) {
    EXPECT_EQ(v1::CniEvent::descriptor()->full_name(), schema::content_type);
    event of;
    of.kind = schema::kind::plugin_run;
    of.source = schema::source::execution;
    of.operation = schema::operation::add;
    of.addresses = {"10.1.2.3/24", "fd00::3/64"};
    of.routes = {{"0.0.0.0/0", "10.1.2.1"}};
    of.dns_servers = {"10.0.0.10"};
    of.capabilities = {"portMappings"};
    of.exit_code = -1;
    of.success = false;
    of.raw = "not \xff UTF-8";
    of.config_action = schema::config_action::changed;
    of.differences = {{"a.b", "1", "2"}};
    of.has_pool = true;
    of.pool_used = 3;
    std::vector<std::uint8_t> bytes(4096);
    wire::writer out(bytes);
    std::string scratch;
    write(out, of, scratch);
    v1::CniEvent read;
    ASSERT_TRUE(read.ParseFromArray(bytes.data(), static_cast<int>(out.size())));
    EXPECT_EQ(read.kind(), v1::CniEvent::KIND_PLUGIN_RUN);
    EXPECT_EQ(read.severity(), severity_critical);
    EXPECT_EQ(read.addresses(1), "fd00::3/64");
    EXPECT_EQ(read.routes(0).gateway(), "10.1.2.1");
    EXPECT_EQ(read.dns().servers(0), "10.0.0.10");
    EXPECT_EQ(read.exit_code(), -1);
    EXPECT_TRUE(read.has_success());
    EXPECT_EQ(read.raw(), "not \xef\xbf\xbd UTF-8");
    EXPECT_EQ(read.config_change().differences(0).after(), "2");
    EXPECT_EQ(read.pool().used(), 3U);
}

}  // namespace
}  // namespace sonde::cni
