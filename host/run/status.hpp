// SPDX-License-Identifier: Apache-2.0
// What the supervisor knows of each instance, by value, for pages, metrics and tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sonde/host.hpp>
#include <sonde/role.hpp>

#include "run/state.hpp"

namespace sonde::run {

struct health_report {
    sonde::health status = sonde::health::ok;
    std::string reason;  // lower_snake_case code; empty if ok
    std::string text;
    std::int64_t since = 0;   // Unix ns
    std::uint64_t count = 0;  // reports that changed something
};

struct instance_status {
    std::string name;
    std::string type;
    sonde::role role = sonde::role::collector;
    bool enabled = true;
    bool required = false;
    run::state state = run::state::waiting;
    std::int64_t state_since = 0;  // Unix ns
    health_report health;
    std::string last_error;  // empty: none so far
    std::int64_t last_error_at = 0;
    std::uint32_t incarnation = 0;
    std::uint64_t restarts = 0;
    std::int64_t next_start = 0;  // CLOCK_MONOTONIC ns; 0: none is planned
    std::string module_file;
    std::string module_version;
    double cpu_seconds = 0;  // of its threads, all incarnations
};

struct supervisor_status {
    std::vector<instance_status> instances;  // in configuration order
    std::uint64_t reloads_ok = 0;
    std::uint64_t reloads_failed = 0;
    std::string last_reload_error;
    std::string config_hash;
    bool applied = false;  // the first configuration has been applied
    bool stopping = false;
    std::uint64_t turns = 0;     // of the supervisor's loop
    std::int64_t last_turn = 0;  // CLOCK_MONOTONIC ns
};

// Running and without a health report that says otherwise.
[[nodiscard]] inline bool is_well(const instance_status& of) noexcept {
    return of.state == state::running && of.health.status == sonde::health::ok;
}
// Ready means: the first configuration is applied and every required instance runs and is not permanently degraded.
[[nodiscard]] bool is_ready(const supervisor_status& of, std::string* why_not);

}  // namespace sonde::run
