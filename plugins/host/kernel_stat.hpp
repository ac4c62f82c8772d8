// SPDX-License-Identifier: Apache-2.0
// /proc/stat, see proc_stat(5): time of processors in ticks, and counters of the kernel since boot. Columns came over
// time (iowait, irq and softirq with Linux 2.6, steal with 2.6.11); what a kernel does not tell stays zero.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace sonde::host_metrics {

// Columns of a cpu line. Time of guests, in the two columns after them, is part of user and nice.
inline constexpr std::size_t cpu_mode_count = 8;
inline constexpr std::array<std::string_view, cpu_mode_count> cpu_mode_names{"user",   "nice",      "system",  "idle",
                                                                             "iowait", "interrupt", "softirq", "steal"};

struct cpu_times {
    std::uint32_t number = 0;
    std::array<std::uint64_t, cpu_mode_count> ticks{};
};

struct kernel_stat {
    std::optional<cpu_times> total;
    std::vector<cpu_times> cpus;  // those that are online
    std::optional<std::uint64_t> interrupts;
    std::optional<std::uint64_t> context_switches;
    std::optional<std::uint64_t> boot_time;  // Unix seconds
    std::optional<std::uint64_t> forks;      // processes and threads begun
    std::optional<std::uint64_t> running;    // threads that run or could
    std::optional<std::uint64_t> blocked;    // threads that wait for storage
    std::size_t malformed = 0;               // lines that say something else than they should
};

// Replaces what `into` held; its memory is used again.
void parse_kernel_stat(std::string_view text, kernel_stat& into);

}  // namespace sonde::host_metrics
