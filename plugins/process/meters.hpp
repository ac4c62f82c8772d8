// SPDX-License-Identifier: Apache-2.0
// The metrics of a process collector. README.md lists them.
#pragma once

#include <array>
#include <cstdint>

#include <sonde/host.hpp>

#include "process/schema.hpp"

namespace sonde::process {

// The files of /proc/PID that are read.
enum class proc_file : std::uint8_t { stat, status, cmdline, exe, cgroup, fd };
inline constexpr std::size_t proc_file_count = 6;

struct meters {
    explicit meters(const host& on);

    counter scans;
    gauge scan_duration;
    gauge processes;
    gauge polling;
    gauge ebpf;
    counter snapshots;
    counter incomplete;
    counter opened;
    counter lost;
    counter overruns;
    counter malformed;
    counter resyncs;
    counter table_full;
    std::array<counter, 8> events;  // by schema::kind
    std::array<counter, proc_file_count> parse_errors;
    std::array<counter, proc_file_count> permission_errors;

    [[nodiscard]] const counter& of(schema::kind kind) const noexcept { return events[static_cast<std::size_t>(kind)]; }
};

}  // namespace sonde::process
