// SPDX-License-Identifier: Apache-2.0
// The numbers that the writer uses are those of the .proto file.
#include "systemd/schema.hpp"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "../descriptor_numbers.hpp"
#include "sonde/v1/systemd.pb.h"

namespace sonde::systemd {
namespace {

using sonde::testing::fields_of;
using sonde::testing::numbers;

template <class Enum>
int number(Enum of) {
    return static_cast<int>(of);
}

TEST(SystemdSchema, unit_fields_match_the_descriptor) {
    EXPECT_EQ(fields_of(*v1::SystemdUnitEvent::descriptor()),
              (numbers{{"action", schema::unit_action_field},
                       {"name", schema::unit_name},
                       {"type", schema::unit_type_field},
                       {"description", schema::unit_description},
                       {"load_state", schema::unit_load_state},
                       {"active_state", schema::unit_active_state},
                       {"sub_state", schema::unit_sub_state},
                       {"previous_active_state", schema::unit_previous_active_state},
                       {"previous_sub_state", schema::unit_previous_sub_state},
                       {"result", schema::unit_result},
                       {"main_pid", schema::unit_main_pid},
                       {"exit_code", schema::unit_exit_code},
                       {"exit_signal", schema::unit_exit_signal},
                       {"restarts", schema::unit_restarts},
                       {"memory_bytes", schema::unit_memory_bytes},
                       {"cpu_time_ns", schema::unit_cpu_time_ns},
                       {"tasks", schema::unit_tasks},
                       {"control_group", schema::unit_control_group},
                       {"invocation_id", schema::unit_invocation_id},
                       {"state_change_time_unix_nano", schema::unit_state_change_time},
                       {"main_start_time_unix_nano", schema::unit_main_start_time},
                       {"main_exit_time_unix_nano", schema::unit_main_exit_time},
                       {"status_text", schema::unit_status_text},
                       {"unit_count", schema::unit_unit_count}}));
}

TEST(SystemdSchema, job_fields_match_the_descriptor) {
    EXPECT_EQ(fields_of(*v1::SystemdJobEvent::descriptor()), (numbers{{"action", schema::job_action_field},
                                                                      {"id", schema::job_id},
                                                                      {"unit", schema::job_unit},
                                                                      {"type", schema::job_type_field},
                                                                      {"result", schema::job_result}}));
}

TEST(SystemdSchema, entry_fields_match_the_descriptor) {
    EXPECT_EQ(fields_of(*v1::JournalEntry::descriptor()),
              (numbers{{"realtime_unix_nano", schema::entry_realtime},
                       {"monotonic_ns", schema::entry_monotonic},
                       {"priority", schema::entry_priority},
                       {"message", schema::entry_message},
                       {"message_binary", schema::entry_message_binary},
                       {"message_truncated", schema::entry_message_truncated},
                       {"unit", schema::entry_unit},
                       {"user_unit", schema::entry_user_unit},
                       {"about_unit", schema::entry_about_unit},
                       {"pid", schema::entry_pid},
                       {"uid", schema::entry_uid},
                       {"gid", schema::entry_gid},
                       {"comm", schema::entry_comm},
                       {"identifier", schema::entry_identifier},
                       {"boot_id", schema::entry_boot_id},
                       {"machine_id", schema::entry_machine_id},
                       {"hostname", schema::entry_hostname},
                       {"transport", schema::entry_transport},
                       {"cursor", schema::entry_cursor},
                       {"fields", schema::entry_fields},
                       {"fields_left_out", schema::entry_fields_left_out}}));
}

TEST(SystemdSchema, journal_field_fields_match_the_descriptor) {
    EXPECT_EQ(fields_of(*v1::JournalField::descriptor()), (numbers{{"name", schema::field_name},
                                                                   {"text", schema::field_text},
                                                                   {"binary", schema::field_binary},
                                                                   {"truncated", schema::field_truncated}}));
}

TEST(SystemdSchema, names_and_actions_match) {
    EXPECT_EQ(v1::SystemdUnitEvent::descriptor()->full_name(), schema::unit_type);
    EXPECT_EQ(v1::SystemdJobEvent::descriptor()->full_name(), schema::job_type);
    EXPECT_EQ(v1::JournalEntry::descriptor()->full_name(), schema::entry_type);
    EXPECT_EQ(number(schema::unit_action::listed), v1::SystemdUnitEvent::ACTION_LISTED);
    EXPECT_EQ(number(schema::unit_action::added), v1::SystemdUnitEvent::ACTION_NEW);
    EXPECT_EQ(number(schema::unit_action::changed), v1::SystemdUnitEvent::ACTION_CHANGED);
    EXPECT_EQ(number(schema::unit_action::removed), v1::SystemdUnitEvent::ACTION_REMOVED);
    EXPECT_EQ(number(schema::unit_action::sampled), v1::SystemdUnitEvent::ACTION_SAMPLED);
    EXPECT_EQ(number(schema::unit_action::synced), v1::SystemdUnitEvent::ACTION_SYNCED);
    EXPECT_EQ(number(schema::job_action::added), v1::SystemdJobEvent::ACTION_NEW);
    EXPECT_EQ(number(schema::job_action::removed), v1::SystemdJobEvent::ACTION_REMOVED);
}

}  // namespace
}  // namespace sonde::systemd
