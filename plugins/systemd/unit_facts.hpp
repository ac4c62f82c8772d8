// SPDX-License-Identifier: Apache-2.0
// What systemd tells of a unit and of a job.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sonde::systemd {

struct unit_facts {
    std::string name;
    std::string description;
    std::string load_state;
    std::string active_state;
    std::string sub_state;
    std::string result;
    std::uint32_t main_pid = 0;
    // siginfo's: CLD_EXITED, CLD_KILLED or CLD_DUMPED, and its status; 0 while the process runs or if there was none.
    std::int32_t exit_kind = 0;
    std::int32_t exit_status = 0;
    std::uint32_t restarts = 0;
    std::optional<std::uint64_t> memory_bytes;
    std::optional<std::uint64_t> cpu_time_ns;
    std::optional<std::uint64_t> tasks;
    std::string control_group;
    std::string invocation_id;
    std::uint64_t state_change_us = 0;  // Unix time
    std::uint64_t main_start_us = 0;
    std::uint64_t main_exit_us = 0;
    std::string status_text;
};

// Properties of a unit that a message brought; absent ones are as before.
struct unit_change {
    std::optional<std::string> description;
    std::optional<std::string> load_state;
    std::optional<std::string> active_state;
    std::optional<std::string> sub_state;
    std::optional<std::string> result;
    std::optional<std::uint32_t> main_pid;
    std::optional<std::int32_t> exit_kind;
    std::optional<std::int32_t> exit_status;
    std::optional<std::uint32_t> restarts;
    // Absent and "not accounted" are told apart: the largest number is the latter.
    std::optional<std::uint64_t> memory_bytes;
    std::optional<std::uint64_t> cpu_time_ns;
    std::optional<std::uint64_t> tasks;
    std::optional<std::string> control_group;
    std::optional<std::string> invocation_id;
    std::optional<std::uint64_t> state_change_us;
    std::optional<std::uint64_t> main_start_us;
    std::optional<std::uint64_t> main_exit_us;
    std::optional<std::string> status_text;
};

void apply(const unit_change& change, unit_facts& to);

// True if the two differ in what makes an event: states, result, process, restarts, run.
[[nodiscard]] bool differs(const unit_facts& one, const unit_facts& other) noexcept;

// "sshd.service" is a "service".
[[nodiscard]] std::string_view type_of(std::string_view unit) noexcept;
// Types of which systemd accounts memory, CPU time and tasks.
[[nodiscard]] bool has_resources(std::string_view type) noexcept;
// The D-Bus interface with the properties of its type; empty if there is nothing in it that is told.
[[nodiscard]] std::string interface_of(std::string_view type);

struct job_facts {
    std::uint32_t id = 0;
    std::string unit;
    std::string type;
    std::string result;
};

}  // namespace sonde::systemd
