// SPDX-License-Identifier: Apache-2.0
// The options of the process collector: the table that the host validates against, and the typed values.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

#include <sonde/option.hpp>
#include <sonde/settings.hpp>

namespace sonde::process {

enum class event_source : std::uint8_t { automatic, connector, poll, off, ebpf };
enum class sample_policy : std::uint8_t { all, changed, off };

inline constexpr std::array<const char*, 6> event_source_names{"auto", "connector", "poll", "off", "ebpf", nullptr};
inline constexpr std::array<const char*, 4> sample_policy_names{"all", "changed", "off", nullptr};

inline constexpr std::array option_table{
    option("proc_root", option_type::path)
        .defaults("/proc")
        .explained("Where the proc file system is mounted",
                   "Point it at the host's /proc when the agent runs in a container. Kernel events name pids of the "
                   "initial pid namespace, so the mount has to belong to that namespace too."),
    option("cgroup_root", option_type::path)
        .defaults("/sys/fs/cgroup")
        .explained("Where cgroup v2 is mounted; the source of cgroup ids"),
    option("events", option_type::enumeration)
        .defaults("auto")
        .one_of(event_source_names.data())
        .explained("How processes are noticed",
                   "`auto` takes them from the ebpf collector, as soon as one tells them on the bus: then there is "
                   "neither a connector nor a scan, and events are not told again. Without it, the kernel's proc "
                   "connector is used, or polling, with the reason in the status. `ebpf` waits for the ebpf collector "
                   "and uses nothing else. `connector` fails instead of falling back. `poll` derives events from "
                   "differences between two looks at /proc. `off` leaves events out and scans."),
    option("poll_interval", option_type::duration)
        .defaults("1s")
        .range("100ms", "1h")
        .reloadable()
        .explained("Time between two looks at /proc while events come from polling"),
    option("scan_interval", option_type::duration)
        .defaults("15s")
        .range("0s", "24h")
        .reloadable()
        .explained("Time between full scans; 0s scans only at start",
                   "While processes come from the ebpf collector, its snapshot_interval takes this place."),
    option("samples", option_type::enumeration)
        .defaults("changed")
        .one_of(sample_policy_names.data())
        .reloadable()
        .explained("Which processes a scan publishes",
                   "`changed` publishes a process when its CPU time, resident memory, number of threads or state "
                   "differs from what was published last."),
    option("command_args_limit", option_type::bytes)
        .defaults("4KiB")
        .range("0", "1MiB")
        .reloadable()
        .explained("Longest command line that is kept; 0 leaves command lines out"),
    option("table_limit", option_type::integer)
        .defaults("65536")
        .range("16", "4194304")
        .in_unit("{process}")
        .explained("Most processes that are remembered at once"),
    option("receive_buffer", option_type::bytes)
        .defaults("4MiB")
        .range("2KiB", "256MiB")
        .explained("Kernel buffer of the proc connector's socket",
                   "A burst of short-lived processes that overruns it is counted as lost and answered by a scan. One "
                   "event takes about 800 bytes of it."),
};

struct option_values {
    std::string proc_root;
    std::string cgroup_root;
    event_source events = event_source::automatic;
    std::chrono::nanoseconds poll_interval{};
    std::chrono::nanoseconds scan_interval{};
    sample_policy samples = sample_policy::changed;
    std::size_t command_args_limit = 0;
    std::size_t table_limit = 0;
    std::size_t receive_buffer = 0;
};

[[nodiscard]] inline option_values read_options(const settings& values) {
    return {std::string(values.text("proc_root")),
            std::string(values.text("cgroup_root")),
            static_cast<event_source>(values.choice("events")),
            values.duration("poll_interval"),
            values.duration("scan_interval"),
            static_cast<sample_policy>(values.choice("samples")),
            values.bytes("command_args_limit"),
            static_cast<std::size_t>(values.integer("table_limit")),
            values.bytes("receive_buffer")};
}

}  // namespace sonde::process
