// SPDX-License-Identifier: Apache-2.0
// A configuration as read and merged: the host's own settings, typed, and the instances, whose options stay raw until
// the component's option table is known.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <sonde/role.hpp>

#include "config/origin.hpp"

namespace sonde::config {

// A TOML value that an option type may take. A string keeps duration, bytes, path and so on.
struct raw_value {
    using list = std::vector<std::string>;
    using table = std::vector<std::pair<std::string, std::string>>;
    std::variant<bool, std::int64_t, double, std::string, list, table> data;
    origin at;
    bool is_text = false;  // from the environment: a string that any option type is read from
};

// Dotted key below the instance's config table -> value.
using raw_options = std::map<std::string, raw_value, std::less<>>;

enum class delivery { lossy, lossless };

struct instance_config {
    sonde::role role = sonde::role::collector;
    std::string type;
    std::string name;  // defaults to type; unique over all roles
    bool enabled = true;
    bool required = false;                     // the agent does not become ready, and start fails, without it
    std::optional<config::delivery> delivery;  // consumers; default: what the component declares
    std::vector<std::string> topics;           // consumers: subscribe to these instead of the component's default
    raw_options options;
    std::map<std::string, std::string, std::less<>> overrides;  // SONDE_<NAME>_* variables that are this instance's
    origin at;
};

struct host_settings {
    std::string node_name;               // resolved: NODE_NAME, then [host] node_name, then the host name
    std::uint32_t node_name_origin = 3;  // sonde.v1.NodeNameOrigin
    std::vector<std::string> plugin_dirs;
    std::string run_dir = "/run/sonde";
    bool allow_unsafe_plugins = false;  // skip the ownership and permission checks; for development trees only
    bool probe_plugins = true;          // load each plugin in a throwaway process first
    bool watch_plugin_dirs = true;
    std::string log_level = "info";
    std::string log_format = "text";  // text or json
    std::chrono::nanoseconds start_timeout{std::chrono::seconds(10)};
    std::chrono::nanoseconds stop_timeout{std::chrono::seconds(5)};
    std::chrono::nanoseconds drain_timeout{std::chrono::seconds(1)};
    std::chrono::nanoseconds restart_min{std::chrono::milliseconds(500)};
    std::chrono::nanoseconds restart_max{std::chrono::seconds(30)};
    std::int64_t restart_limit = 10;  // consecutive failures before an instance stays failed
    std::chrono::nanoseconds restart_reset{std::chrono::seconds(60)};  // running this long clears the count
    bool operator==(const host_settings&) const = default;
};

struct bus_settings {
    std::uint64_t seal_bytes = 64u << 10;
    std::int64_t seal_items = 512;
    std::chrono::nanoseconds seal_age{std::chrono::milliseconds(5)};
    std::uint64_t lane_budget = 16u << 20;  // bytes outstanding per lane
    std::uint64_t record_limit = 1u << 20;
    std::chrono::nanoseconds stall_limit{std::chrono::seconds(10)};  // a lossless reader this late is named
    bool operator==(const bus_settings&) const = default;
};

struct api_settings {
    bool enabled = true;
    std::string socket;         // unix socket path; default run_dir/sonde.sock
    std::string listen;         // "127.0.0.1:3333" or empty: no TCP listener
    bool allow_remote = false;  // permit a non-loopback `listen`
    std::int64_t module_concurrency = 2;
    std::chrono::nanoseconds request_timeout{std::chrono::seconds(10)};
    std::uint64_t request_limit = 64u << 10;
    std::uint64_t response_limit = 16u << 20;
    std::int64_t max_connections = 64;
    std::chrono::nanoseconds stats_interval{std::chrono::seconds(15)};
    bool operator==(const api_settings&) const = default;
};

struct document {
    host_settings host;
    bus_settings bus;
    api_settings api;
    std::vector<instance_config> instances;  // in file order
    std::vector<std::string> files;          // that were read, in order
    // Effective host settings for display: dotted key, shown value, where from.
    struct shown {
        std::string key;
        std::string value;
        origin at;
    };
    std::vector<shown> effective;
    std::string hash;  // SHA-256 over the meaning of everything, hex; secrets enter only as their references
};

}  // namespace sonde::config
