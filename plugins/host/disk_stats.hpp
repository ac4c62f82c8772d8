// SPDX-License-Identifier: Apache-2.0
// /proc/diskstats, see Documentation/admin-guide/iostats.rst of the kernel: 14 columns since Linux 2.6, 18 with
// discards since 4.18, 20 with flushes since 5.5; partitions had 7 before 2.6.25.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sonde::host_metrics {

struct transfer_counters {
    std::uint64_t operations = 0;
    std::uint64_t merged = 0;
    std::uint64_t sectors = 0;  // of 512 bytes, whatever the device has
    std::uint64_t milliseconds = 0;
};

struct disk_counters {
    std::string_view name;  // borrows the text
    transfer_counters reads;
    transfer_counters writes;
    std::uint64_t in_flight = 0;
    std::uint64_t busy_milliseconds = 0;
    bool is_complete = false;  // false: only operations and sectors are known
};

// Appends to `into`; returns how many lines were malformed.
std::size_t parse_disk_stats(std::string_view text, std::vector<disk_counters>& into);

}  // namespace sonde::host_metrics
