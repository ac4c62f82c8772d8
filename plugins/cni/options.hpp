// SPDX-License-Identifier: Apache-2.0
// The options of the cni collector: the table that the host validates against, and the typed values.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <sonde/collecting/position_store/options.hpp>
#include <sonde/option.hpp>
#include <sonde/settings.hpp>

namespace sonde::cni {

inline constexpr const char* begin_names[] = {"end", "beginning", nullptr};

inline constexpr std::array own_options{
    option("logs", option_type::boolean).defaults("true").explained("Follow log files of plugins"),
    option("log_paths", option_type::list)
        .defaults("/var/log/cni/cni.log")
        .explained("Files that are followed", "Those that are not there yet are waited for. At most 8."),
    option("log_begin", option_type::enumeration)
        .one_of(begin_names)
        .defaults("end")
        .explained("Where to begin in a file without a saved position"),
    option("line_limit", option_type::bytes)
        .defaults("16KiB")
        .range("256B", "1MiB")
        .explained("Bytes of a line that are told; the rest is cut and the event marked"),
    option("linger", option_type::duration)
        .defaults("10s")
        .range("0s", "1h")
        .explained("Time for which a file that was rotated must be quiet before it counts as finished"),
    option("config", option_type::boolean).defaults("true").explained("Follow the configuration of networks"),
    option("config_dir", option_type::path)
        .defaults("/etc/cni/net.d")
        .explained("Directory of configurations", "Files that end in .conf, .conflist or .json."),
    option("results", option_type::boolean).defaults("true").explained("Follow results that are kept, and leases"),
    option("results_dir", option_type::path)
        .defaults("/var/lib/cni/results")
        .explained("Where runtimes keep the results of plugins"),
    option("networks_dir", option_type::path)
        .defaults("/var/lib/cni/networks")
        .explained("Where host-local keeps its leases, a directory for each network"),
    option("lease_limit", option_type::integer)
        .defaults("16384")
        .range("16", "1048576")
        .in_unit("{lease}")
        .explained("Most leases, and most results, that are remembered"),
    option("network", option_type::boolean)
        .defaults("true")
        .explained("Follow network namespaces, and links, addresses and routes of the agent's own namespace"),
    option("netns_dirs", option_type::list)
        .defaults("/run/netns")
        .explained("Directories of names of network namespaces", "At most four."),
    option("network_limit", option_type::integer)
        .defaults("4096")
        .range("16", "1048576")
        .in_unit("{link}")
        .explained("Most links, and most namespaces, that are remembered"),
    option("operations", option_type::boolean)
        .defaults("true")
        .opens_input()
        .explained("Tell of each run of a plugin, from what the process or the ebpf collector tell of processes"),
    option("binary_dirs", option_type::list)
        .defaults("/opt/cni/bin,/usr/lib/cni,/usr/libexec/cni")
        .explained("Directories of the plugins' binaries"),
    option("proc_root", option_type::path).defaults("/proc").explained("Where the host's proc file system is mounted"),
};
inline constexpr auto option_table = collecting::position_store::with_positions(own_options, "cni");

struct log_options {
    bool is_on = false;
    std::vector<std::string> paths;
    bool is_from_beginning = false;
    std::size_t line_limit = 0;
    std::chrono::nanoseconds linger{};
    collecting::position_store::keeper_settings position;
};

struct option_values {
    log_options logs;
    bool follows_config = false;
    std::string config_dir;
    bool follows_results = false;
    std::string results_dir;
    std::string networks_dir;
    std::size_t lease_limit = 0;
    bool follows_network = false;
    std::vector<std::string> netns_dirs;
    std::size_t network_limit = 0;
    bool follows_operations = false;
    std::vector<std::string> binary_dirs;
    std::string proc_root;
};

[[nodiscard]] result<option_values> read_options(const settings& values);

}  // namespace sonde::cni
