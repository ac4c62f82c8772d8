// SPDX-License-Identifier: Apache-2.0
// Field numbers of proto/sonde/v1/systemd.proto for the wire writer. A test compares every row with the descriptors.
#pragma once

#include <cstdint>
#include <string_view>

namespace sonde::systemd::schema {

inline constexpr std::string_view unit_type = "sonde.v1.SystemdUnitEvent";
inline constexpr std::string_view job_type = "sonde.v1.SystemdJobEvent";
inline constexpr std::string_view entry_type = "sonde.v1.JournalEntry";
inline constexpr std::uint32_t revision = 1;

// sonde.v1.SystemdUnitEvent.Action
enum class unit_action : std::uint8_t { listed = 1, added = 2, changed = 3, removed = 4, sampled = 5, synced = 6 };
// sonde.v1.SystemdJobEvent.Action
enum class job_action : std::uint8_t { added = 1, removed = 2 };

enum unit_field : std::uint32_t {
    unit_action_field = 1,
    unit_name = 2,
    unit_type_field = 3,
    unit_description = 4,
    unit_load_state = 5,
    unit_active_state = 6,
    unit_sub_state = 7,
    unit_previous_active_state = 8,
    unit_previous_sub_state = 9,
    unit_result = 10,
    unit_main_pid = 11,
    unit_exit_code = 12,
    unit_exit_signal = 13,
    unit_restarts = 14,
    unit_memory_bytes = 15,
    unit_cpu_time_ns = 16,
    unit_tasks = 17,
    unit_control_group = 18,
    unit_invocation_id = 19,
    unit_state_change_time = 20,
    unit_main_start_time = 21,
    unit_main_exit_time = 22,
    unit_status_text = 23,
    unit_unit_count = 24,
};

enum job_field : std::uint32_t { job_action_field = 1, job_id = 2, job_unit = 3, job_type_field = 4, job_result = 5 };

enum entry_field : std::uint32_t {
    entry_realtime = 1,
    entry_monotonic = 2,
    entry_priority = 3,
    entry_message = 4,
    entry_message_binary = 5,
    entry_message_truncated = 6,
    entry_unit = 7,
    entry_user_unit = 8,
    entry_about_unit = 9,
    entry_pid = 10,
    entry_uid = 11,
    entry_gid = 12,
    entry_comm = 13,
    entry_identifier = 14,
    entry_boot_id = 15,
    entry_machine_id = 16,
    entry_hostname = 17,
    entry_transport = 18,
    entry_cursor = 19,
    entry_fields = 20,
    entry_fields_left_out = 21,
};

enum journal_field : std::uint32_t { field_name = 1, field_text = 2, field_binary = 3, field_truncated = 4 };

}  // namespace sonde::systemd::schema
