// SPDX-License-Identifier: Apache-2.0
// Field numbers of proto/sonde/v1/process.proto for the wire writer. A test compares every row with the descriptor.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sonde::process::schema {

inline constexpr std::string_view content_type = "sonde.v1.ProcessEvent";
inline constexpr std::uint32_t revision = 1;

// sonde.v1.ProcessEvent.Kind
enum class kind : std::uint32_t {
    exec = 1,
    fork = 2,
    exit = 3,
    comm = 4,
    uid = 5,
    gid = 6,
    sample = 7,
    snapshot_end = 8,
    source_end = 9,
};

enum event_field : std::uint32_t {
    event_kind = 1,
    event_process = 2,
    event_exit_code = 3,
    event_exit_signal = 4,
    event_real_id = 5,
    event_effective_id = 6,
    event_snapshot_number = 7,
    event_snapshot_end = 8,
    event_usage_only = 9,
};

enum snapshot_end_field : std::uint32_t {
    end_processes = 1,
    end_interval_nano = 2,
    end_is_partial = 3,
    end_is_usage_only = 4,
    end_is_watched = 5,
    end_began_time_unix_nano = 6,
};

enum process_field : std::uint32_t {
    pid = 1,
    parent_pid = 2,
    name = 3,
    command_args = 4,
    command_args_truncated = 5,
    executable_path = 6,
    create_time_unix_nano = 7,
    state = 8,
    user_id = 9,
    group_id = 10,
    threads = 11,
    open_files = 12,
    memory_rss = 13,
    memory_virtual = 14,
    cpu_time_user = 15,
    cpu_time_system = 16,
    cpu_percent = 17,
    cgroup_id = 18,
    cgroup_path = 19,
    container_id = 20,
    session_id = 21,
    original_parent_pid = 22,
    working_directory = 23,
    exec_path = 24,
    paths_truncated = 25,
    pid_namespace = 26,
    mount_namespace = 27,
    network_namespace = 28,
    namespace_pid = 29,
    pid_namespace_level = 30,
    is_container = 31,
    memory_rss_peak = 32,
};

}  // namespace sonde::process::schema
