// SPDX-License-Identifier: Apache-2.0
// The numbers that the store reads and writes are those of the .proto files.
#include "enrich_context/store/numbers.hpp"

#include <initializer_list>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "enrich_context/store/seam.hpp"
#include "enrich_context/store/told.hpp"
#include "sonde/v1/connection.pb.h"
#include "sonde/v1/container.pb.h"
#include "sonde/v1/entity.pb.h"
#include "sonde/v1/event.pb.h"
#include "sonde/v1/kubernetes.pb.h"
#include "sonde/v1/process.pb.h"

namespace sonde::enrich_context::store {
namespace {

using rows = std::initializer_list<std::pair<std::string, std::uint32_t>>;

void expect_fields(const google::protobuf::Descriptor& message, rows fields) {
    for (const auto& [name, number] : fields) {
        const auto* const field = message.FindFieldByName(name);
        ASSERT_NE(field, nullptr) << message.full_name() << " has no " << name;
        EXPECT_EQ(static_cast<std::uint32_t>(field->number()), number) << field->full_name();
    }
}

TEST(Numbers, of_entities) {
    namespace at = numbers;
    expect_fields(*v1::EntityEvent::descriptor(), {{"action", at::event::action},
                                                   {"kind", at::event::kind},
                                                   {"key", at::event::key},
                                                   {"revision", at::event::revision}});
    for (const auto& [name, kind] : {std::pair{"host", v1::ENTITY_KIND_HOST},
                                     {"process", v1::ENTITY_KIND_PROCESS},
                                     {"container", v1::ENTITY_KIND_CONTAINER},
                                     {"pod", v1::ENTITY_KIND_POD},
                                     {"service", v1::ENTITY_KIND_SERVICE},
                                     {"node", v1::ENTITY_KIND_NODE},
                                     {"workload", v1::ENTITY_KIND_WORKLOAD},
                                     {"namespace", v1::ENTITY_KIND_NAMESPACE}}) {
        expect_fields(*v1::EntityEvent::descriptor(),
                      {{name, at::event::entity_field(static_cast<std::uint32_t>(kind))}});
    }
    EXPECT_EQ(static_cast<int>(entity_kind::name_space), v1::ENTITY_KIND_NAMESPACE);
    EXPECT_EQ(static_cast<int>(entity_action::synced), v1::EntityEvent::ACTION_SYNCED);
    EXPECT_EQ(static_cast<int>(reason::timed_out), v1::Context::Missing::REASON_TIMED_OUT);
}

TEST(Numbers, of_contexts) {
    namespace at = numbers;
    expect_fields(*v1::Context::descriptor(), {{"host", at::context::host},
                                               {"process", at::context::process},
                                               {"container", at::context::container},
                                               {"pod", at::context::pod},
                                               {"node", at::context::node},
                                               {"services", at::context::services},
                                               {"missing", at::context::missing}});
    expect_fields(*v1::Context::Missing::descriptor(),
                  {{"section", at::context::missing_section}, {"reason", at::context::missing_reason}});
    EXPECT_EQ(static_cast<int>(at::context::section::process), v1::Context::Missing::SECTION_PROCESS);
    EXPECT_EQ(static_cast<int>(at::context::section::service), v1::Context::Missing::SECTION_SERVICE);
    expect_fields(*v1::ProcessContext::descriptor(), {{"pid", at::process::pid},
                                                      {"create_time_unix_nano", at::process::create_time},
                                                      {"parent_pid", at::process::parent_pid},
                                                      {"name", at::process::name},
                                                      {"executable_path", at::process::executable_path},
                                                      {"command_args", at::process::command_args},
                                                      {"user_id", at::process::user_id},
                                                      {"cgroup_id", at::process::cgroup_id},
                                                      {"container_id", at::process::container_id},
                                                      {"is_exited", at::process::is_exited}});
    expect_fields(*v1::ContainerContext::descriptor(), {{"id", at::container::id},
                                                        {"name", at::container::name},
                                                        {"runtime", at::container::runtime},
                                                        {"image_name", at::container::image_name},
                                                        {"image_tag", at::container::image_tag},
                                                        {"image_id", at::container::image_id},
                                                        {"pod_uid", at::container::pod_uid},
                                                        {"created_time_unix_nano", at::container::created_time},
                                                        {"started_time_unix_nano", at::container::started_time},
                                                        {"finished_time_unix_nano", at::container::finished_time},
                                                        {"exit_code", at::container::exit_code},
                                                        {"cgroup_id", at::container::cgroup_id},
                                                        {"init_pid", at::container::init_pid},
                                                        {"labels", at::container::labels},
                                                        {"type", at::container::type},
                                                        {"restart_count", at::container::restart_count}});
}

TEST(Numbers, of_a_cluster) {
    namespace at = numbers;
    expect_fields(*v1::PodContext::descriptor(), {{"uid", at::pod::uid},
                                                  {"name", at::pod::name},
                                                  {"namespace", at::pod::name_space},
                                                  {"node_name", at::pod::node_name},
                                                  {"ip_addresses", at::pod::ip_addresses},
                                                  {"is_host_network", at::pod::is_host_network},
                                                  {"start_time_unix_nano", at::pod::start_time},
                                                  {"phase", at::pod::phase},
                                                  {"labels", at::pod::labels},
                                                  {"workload", at::pod::workload},
                                                  {"service_account", at::pod::service_account},
                                                  {"is_static", at::pod::is_static}});
    expect_fields(*v1::ServiceContext::descriptor(), {{"namespace", at::service::name_space},
                                                      {"name", at::service::name},
                                                      {"uid", at::service::uid},
                                                      {"cluster_ip_addresses", at::service::cluster_ip_addresses},
                                                      {"type", at::service::type},
                                                      {"pod_uids", at::service::pod_uids}});
    expect_fields(*v1::NodeContext::descriptor(), {{"name", at::node::name},
                                                   {"uid", at::node::uid},
                                                   {"ip_addresses", at::node::ip_addresses},
                                                   {"zone", at::node::zone},
                                                   {"region", at::node::region},
                                                   {"provider_id", at::node::provider_id},
                                                   {"kubelet_version", at::node::kubelet_version}});
    expect_fields(*v1::WorkloadContext::descriptor(), {{"kind", at::workload::kind},
                                                       {"name", at::workload::name},
                                                       {"uid", at::workload::uid},
                                                       {"namespace", at::workload::name_space}});
    expect_fields(*v1::NamespaceContext::descriptor(),
                  {{"name", at::name_space::name}, {"uid", at::name_space::uid}, {"labels", at::name_space::labels}});
}

TEST(Numbers, of_processes_and_connections) {
    namespace at = numbers;
    expect_fields(*v1::ProcessEvent::descriptor(), {{"kind", at::process_event::kind},
                                                    {"process", at::process_event::process},
                                                    {"snapshot_number", at::process_event::snapshot_number},
                                                    {"snapshot_end", at::process_event::snapshot_end}});
    expect_fields(*v1::SnapshotEnd::descriptor(), {{"processes", at::process_event::end_processes},
                                                   {"is_partial", at::process_event::end_is_partial},
                                                   {"is_watched", at::process_event::end_is_watched},
                                                   {"began_time_unix_nano", at::process_event::end_began_time}});
    EXPECT_EQ(static_cast<int>(at::process_event::event_kind::exec), v1::ProcessEvent::KIND_EXEC);
    EXPECT_EQ(static_cast<int>(at::process_event::event_kind::exit), v1::ProcessEvent::KIND_EXIT);
    EXPECT_EQ(static_cast<int>(at::process_event::event_kind::sample), v1::ProcessEvent::KIND_SAMPLE);
    EXPECT_EQ(static_cast<int>(at::process_event::event_kind::source_end), v1::ProcessEvent::KIND_SOURCE_END);
    expect_fields(*v1::Process::descriptor(), {{"pid", at::observed_process::pid},
                                               {"parent_pid", at::observed_process::parent_pid},
                                               {"name", at::observed_process::name},
                                               {"command_args", at::observed_process::command_args},
                                               {"executable_path", at::observed_process::executable_path},
                                               {"create_time_unix_nano", at::observed_process::create_time},
                                               {"user_id", at::observed_process::user_id},
                                               {"cgroup_id", at::observed_process::cgroup_id},
                                               {"cgroup_path", at::observed_process::cgroup_path},
                                               {"container_id", at::observed_process::container_id},
                                               {"is_container", at::observed_process::is_container}});
    expect_fields(*v1::ConnectionEvent::descriptor(), {{"connection", at::connection_event::connection}});
    expect_fields(*v1::Connection::descriptor(),
                  {{"local_address", at::connection::local_address},
                   {"local_port", at::connection::local_port},
                   {"peer_address", at::connection::peer_address},
                   {"peer_port", at::connection::peer_port},
                   {"transport", at::connection::transport},
                   {"role", at::connection::role},
                   {"pid", at::connection::pid},
                   {"process_create_time_unix_nano", at::connection::process_create_time},
                   {"process_name", at::connection::process_name},
                   {"cgroup_id", at::connection::cgroup_id},
                   {"container_id", at::connection::container_id},
                   {"network_namespace", at::connection::network_namespace},
                   {"created_time_unix_nano", at::connection::created_time},
                   {"ended_time_unix_nano", at::connection::ended_time},
                   {"closed", at::connection::closed},
                   {"peer", at::connection::peer}});
    expect_fields(*v1::ConnectionPeer::descriptor(), {{"pid", at::connection::end_pid},
                                                      {"create_time_unix_nano", at::connection::end_create_time},
                                                      {"process_name", at::connection::end_process_name},
                                                      {"cgroup_id", at::connection::end_cgroup_id},
                                                      {"container_id", at::connection::end_container_id},
                                                      {"network_namespace", at::connection::end_network_namespace}});
    EXPECT_EQ(at::connection::role_server, v1::CONNECTION_ROLE_SERVER);
    EXPECT_EQ(at::connection::transport_udp, v1::TRANSPORT_UDP);
}

TEST(Numbers, of_containers_and_objects) {
    namespace at = numbers;
    expect_fields(*v1::ContainerEvent::descriptor(), {{"action", at::container_event::action},
                                                      {"container", at::container_event::container},
                                                      {"cgroup_path", at::container_event::cgroup_path},
                                                      {"is_host_network", at::container_event::is_host_network},
                                                      {"ip_addresses", at::container_event::ip_addresses},
                                                      {"container_count", at::container_event::container_count}});
    EXPECT_EQ(static_cast<int>(at::container_event::event_action::synced), v1::ContainerEvent::ACTION_SYNCED);
    expect_fields(*v1::KubernetesObject::descriptor(), {{"action", at::object::action},
                                                        {"origin", at::object::origin},
                                                        {"kind", at::object::kind},
                                                        {"namespace", at::object::name_space},
                                                        {"name", at::object::name},
                                                        {"uid", at::object::uid},
                                                        {"resource_version", at::object::resource_version},
                                                        {"creation_time_unix_nano", at::object::creation_time},
                                                        {"deletion_time_unix_nano", at::object::deletion_time},
                                                        {"labels", at::object::labels},
                                                        {"annotations", at::object::annotations},
                                                        {"owners", at::object::owners},
                                                        {"relations", at::object::relations},
                                                        {"object_json", at::object::object_json},
                                                        {"top_owner", at::object::top_owner},
                                                        {"object_count", at::object::object_count}});
    expect_fields(*v1::KubernetesOwner::descriptor(), {{"kind", at::object::owner_kind},
                                                       {"name", at::object::owner_name},
                                                       {"uid", at::object::owner_uid},
                                                       {"controller", at::object::owner_controller}});
    expect_fields(*v1::KubernetesRelation::descriptor(), {{"type", at::object::relation_type},
                                                          {"kind", at::object::relation_kind},
                                                          {"name", at::object::relation_name},
                                                          {"uid", at::object::relation_uid}});
    EXPECT_EQ(at::object::relation_selects, v1::KubernetesRelation::TYPE_SELECTS);
    EXPECT_EQ(at::object::relation_endpoint_for, v1::KubernetesRelation::TYPE_ENDPOINT_FOR);
    EXPECT_EQ(static_cast<int>(at::object::object_action::synced), v1::KubernetesObject::ACTION_SYNCED);
    EXPECT_EQ(static_cast<int>(at::object::object_origin::amendment), v1::KubernetesObject::ORIGIN_AMENDMENT);
}

}  // namespace
}  // namespace sonde::enrich_context::store
