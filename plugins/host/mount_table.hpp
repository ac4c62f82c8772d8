// SPDX-License-Identifier: Apache-2.0
// /proc/PID/mountinfo, see proc_pid_mountinfo(5): what is mounted, with blanks in names written as octal escapes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::host_metrics {

struct mount_entry {
    std::string_view device_number;  // "254:0"; borrows the text, like type
    std::string_view type;           // "ext4"
    std::string root;                // what of the file system is mounted
    std::string mount_point;
    std::string device;  // "/dev/vda1"
    bool is_read_only = false;
};

// Replaces octal escapes by what they stand for.
[[nodiscard]] std::string unescaped(std::string_view text);

// Appends to `into`; returns how many lines were malformed.
std::size_t parse_mount_table(std::string_view text, std::vector<mount_entry>& into);

// Leaves out what a later mount at the same place hides.
void keep_topmost(std::vector<mount_entry>& mounts);

// One entry per file system, in the order of the table: the one that shows most of it, as df has it.
void keep_one_each(std::vector<mount_entry>& mounts);

// Kept by another machine, so that looking at it may take forever.
[[nodiscard]] bool is_remote(std::string_view type) noexcept;

}  // namespace sonde::host_metrics
