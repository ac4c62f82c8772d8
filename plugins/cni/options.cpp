// SPDX-License-Identifier: Apache-2.0
#include "cni/options.hpp"

#include <algorithm>

#include "common/optional_values.hpp"

namespace sonde::cni {
namespace {

using common::list_or_none;

constexpr std::size_t most_logs = 8;
constexpr std::size_t most_netns_dirs = 4;

log_options read_logs(const settings& values) {
    log_options read;
    read.is_on = values.boolean("logs");
    read.paths = list_or_none(values, "log_paths");
    read.is_from_beginning = values.choice("log_begin") == 1;
    read.line_limit = static_cast<std::size_t>(values.bytes("line_limit"));
    read.linger = values.duration("linger");
    read.position = collecting::position_store::read_positions(values);
    return read;
}

result<void> check_paths(const std::vector<std::string>& paths, std::size_t most, const char* key) {
    if (paths.size() > most) {
        return fail(errc::invalid, "at most " + std::to_string(most) + " of them are possible", key);
    }
    for (const std::string& each : paths) {
        if (!each.starts_with('/') || each.ends_with('/')) {
            return fail(errc::invalid, "'" + each + "' must be a path that begins with / and does not end with it",
                        key);
        }
        if (std::count(paths.begin(), paths.end(), each) > 1) {
            return fail(errc::invalid, "'" + each + "' is in it twice", key);
        }
    }
    return {};
}

}  // namespace

result<option_values> read_options(const settings& values) {
    option_values read;
    read.logs = read_logs(values);
    read.follows_config = values.boolean("config");
    read.config_dir = values.text("config_dir");
    read.follows_results = values.boolean("results");
    read.results_dir = values.text("results_dir");
    read.networks_dir = values.text("networks_dir");
    read.lease_limit = static_cast<std::size_t>(values.integer("lease_limit"));
    read.follows_network = values.boolean("network");
    read.netns_dirs = list_or_none(values, "netns_dirs");
    read.network_limit = static_cast<std::size_t>(values.integer("network_limit"));
    read.follows_operations = values.boolean("operations");
    read.binary_dirs = list_or_none(values, "binary_dirs");
    read.proc_root = values.text("proc_root");
    if (!read.logs.is_on && !read.follows_config && !read.follows_results && !read.follows_network &&
        !read.follows_operations) {
        return fail(errc::invalid,
                    "logs, config, results, network and operations are all off: nothing is left to collect", "logs");
    }
    if (auto usable = check_paths(read.logs.paths, most_logs, "log_paths"); !usable) {
        return std::unexpected(usable.error());
    }
    if (auto usable = check_paths(read.netns_dirs, most_netns_dirs, "netns_dirs"); !usable) {
        return std::unexpected(usable.error());
    }
    read.logs.is_on = read.logs.is_on && !read.logs.paths.empty();
    return read;
}

}  // namespace sonde::cni
