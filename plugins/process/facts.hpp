// SPDX-License-Identifier: Apache-2.0
// What is known of one process. Strings keep their capacity, so that refreshing a process allocates nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sonde::process {

struct process_facts {
    std::uint32_t pid = 0;
    std::uint32_t parent_pid = 0;
    std::uint32_t original_parent_pid = 0;  // 0: nobody saw the fork
    std::uint32_t session_id = 0;
    std::string name;
    std::string arguments;  // each ends with NUL, except a last one that was cut
    bool arguments_truncated = false;
    std::string executable;
    std::uint64_t start_ticks = 0;  // since boot; with pid the identity. 0: not known
    std::int64_t create_time = 0;   // Unix ns
    char state = 0;
    std::optional<std::uint32_t> user_id;
    std::optional<std::uint32_t> group_id;
    std::uint32_t threads = 0;
    std::optional<std::uint32_t> open_files;
    std::uint64_t memory_rss = 0;
    std::uint64_t memory_virtual = 0;
    std::uint64_t user_ticks = 0;
    std::uint64_t system_ticks = 0;
    std::optional<double> cpu_percent;
    std::uint64_t cgroup_id = 0;
    std::string cgroup_path;
    std::string container_id;
    std::string pod_uid;
};

}  // namespace sonde::process
