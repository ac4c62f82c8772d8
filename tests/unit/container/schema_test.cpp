// SPDX-License-Identifier: Apache-2.0
// The numbers that the writer uses are those of the .proto files.
#include "container/schema.hpp"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "../descriptor_numbers.hpp"
#include "container/facts.hpp"
#include "sonde/v1/container.pb.h"

namespace sonde::container {
namespace {

using sonde::testing::fields_of;
using sonde::testing::numbers;
using sonde::testing::values_of;

template <class Enum>
int number(Enum of) {
    return static_cast<int>(of);
}

TEST(ContainerSchema, event_fields_match_the_descriptor) {
    EXPECT_EQ(fields_of(*v1::ContainerEvent::descriptor()),
              (numbers{{"action", schema::event_action},
                       {"container", schema::event_container},
                       {"state", schema::event_state},
                       {"source", schema::event_source},
                       {"known_by", schema::event_known_by},
                       {"cgroup_path", schema::event_cgroup_path},
                       {"network_namespace", schema::event_network_namespace},
                       {"is_host_network", schema::event_is_host_network},
                       {"ip_addresses", schema::event_ip_addresses},
                       {"ports", schema::event_ports},
                       {"pod_name", schema::event_pod_name},
                       {"pod_namespace", schema::event_pod_namespace},
                       {"sandbox_id", schema::event_sandbox_id},
                       {"runtime_namespace", schema::event_runtime_namespace},
                       {"contradictions", schema::event_contradictions},
                       {"container_count", schema::event_container_count}}));
    EXPECT_EQ(fields_of(*v1::ContainerPort::descriptor()), (numbers{{"container_port", schema::port_container_port},
                                                                    {"host_port", schema::port_host_port},
                                                                    {"host_address", schema::port_host_address},
                                                                    {"protocol", schema::port_protocol}}));
}

TEST(ContainerSchema, context_fields_match_the_descriptor) {
    EXPECT_EQ(fields_of(*v1::ContainerContext::descriptor()),
              (numbers{{"id", schema::context_id},
                       {"name", schema::context_name},
                       {"runtime", schema::context_runtime},
                       {"image_name", schema::context_image_name},
                       {"image_tag", schema::context_image_tag},
                       {"image_id", schema::context_image_id},
                       {"pod_uid", schema::context_pod_uid},
                       {"created_time_unix_nano", schema::context_created},
                       {"started_time_unix_nano", schema::context_started},
                       {"finished_time_unix_nano", schema::context_finished},
                       {"exit_code", schema::context_exit_code},
                       {"cgroup_id", schema::context_cgroup_id},
                       {"init_pid", schema::context_init_pid},
                       {"labels", schema::context_labels},
                       {"type", schema::context_type},
                       {"restart_count", schema::context_restart_count}}));
}

TEST(ContainerSchema, enumerations_match_the_descriptors) {
    EXPECT_EQ(values_of(*v1::ContainerEvent::Action_descriptor()),
              (numbers{{"ACTION_UNSPECIFIED", 0},
                       {"ACTION_STARTED", number(schema::action::started)},
                       {"ACTION_UPDATED", number(schema::action::updated)},
                       {"ACTION_EXITED", number(schema::action::exited)},
                       {"ACTION_DELETED", number(schema::action::deleted)},
                       {"ACTION_SYNCED", number(schema::action::synced)}}));
    EXPECT_EQ(values_of(*v1::ContainerEvent::Source_descriptor()),
              (numbers{{"SOURCE_UNSPECIFIED", 0},
                       {"SOURCE_CRI", number(source::cri)},
                       {"SOURCE_CONTAINERD", number(source::containerd)},
                       {"SOURCE_DOCKER", number(source::docker)},
                       {"SOURCE_STATE_FILE", number(source::state_file)},
                       {"SOURCE_CGROUP", number(source::cgroup)}}));
    EXPECT_EQ(values_of(*v1::ContainerEvent::State_descriptor()),
              (numbers{{"STATE_UNSPECIFIED", number(run_state::unknown)},
                       {"STATE_CREATED", number(run_state::created)},
                       {"STATE_RUNNING", number(run_state::running)},
                       {"STATE_PAUSED", number(run_state::paused)},
                       {"STATE_EXITED", number(run_state::exited)}}));
    EXPECT_EQ(values_of(*v1::ContainerContext::Type_descriptor()),
              (numbers{{"TYPE_UNSPECIFIED", number(container_type::unknown)},
                       {"TYPE_CONTAINER", number(container_type::container)},
                       {"TYPE_INIT", number(container_type::init)},
                       {"TYPE_EPHEMERAL", number(container_type::ephemeral)},
                       {"TYPE_SANDBOX", number(container_type::sandbox)}}));
}

TEST(ContainerSchema, content_type_is_the_name_of_the_message) {
    EXPECT_EQ(v1::ContainerEvent::descriptor()->full_name(), schema::content_type);
}

}  // namespace
}  // namespace sonde::container
