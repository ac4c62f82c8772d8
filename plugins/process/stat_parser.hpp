// SPDX-License-Identifier: Apache-2.0
// The text formats of /proc, see proc(5). Pure functions over bytes that any process may have shaped: a name can hold
// spaces, parentheses and newlines. Nothing means that the text is not in the format.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sonde::process {

// /proc/PID/stat, as far as it is used. `name` points into the text.
struct stat_line {
    std::uint32_t pid = 0;
    std::string_view name;
    char state = 0;
    std::uint32_t parent_pid = 0;
    std::uint32_t session_id = 0;
    std::uint64_t user_ticks = 0;
    std::uint64_t system_ticks = 0;
    std::uint32_t threads = 0;
    std::uint64_t start_ticks = 0;
    std::uint64_t virtual_bytes = 0;
    std::uint64_t resident_pages = 0;
};
[[nodiscard]] std::optional<stat_line> parse_stat(std::string_view text) noexcept;

// The effective ids in /proc/PID/status.
struct status_ids {
    std::uint32_t user_id = 0;
    std::uint32_t group_id = 0;
};
[[nodiscard]] std::optional<status_ids> parse_status(std::string_view text) noexcept;

// Boot time in Unix seconds from /proc/stat.
[[nodiscard]] std::optional<std::int64_t> parse_boot_time(std::string_view text) noexcept;

}  // namespace sonde::process
