// SPDX-License-Identifier: Apache-2.0
// The supervisor's record of one configured instance: its plan, its present incarnation, and its history.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "bus/bus.hpp"
#include "config/document.hpp"
#include "config/value.hpp"
#include "run/backoff.hpp"
#include "run/instance.hpp"
#include "run/state.hpp"

namespace sonde::run {

[[nodiscard]] inline backoff_settings backoff_of(const config::host_settings& host) noexcept {
    return {host.restart_min, host.restart_max, host.restart_limit, host.restart_reset};
}

// An incarnation and what it holds on the bus.
struct incarnation {
    std::shared_ptr<instance> self;
    std::shared_ptr<bus::lane> lane;
    std::shared_ptr<bus::subscription_core> input;
    std::uint32_t number = 0;   // from 1, never used twice for a name while it is configured
    std::int64_t deadline = 0;  // of the step it is in; 0: none
    bool started = false;

    explicit operator bool() const noexcept { return self != nullptr; }
};

struct slot {
    config::instance_config config;
    std::optional<config::value_set> values;  // empty while the type is unknown or its options are invalid

    run::state state = run::state::waiting;
    std::int64_t state_since = 0;                   // Unix ns
    std::int64_t running_since = 0;                 // CLOCK_MONOTONIC ns
    std::int64_t launch_at = 0;                     // CLOCK_MONOTONIC ns; 0: no launch is planned
    std::shared_ptr<bus::subscription_core> input;  // consumers; kept over restarts, so that nothing queued is lost
    incarnation current;
    incarnation successor;           // started beside `current` during a reload, takes over when that has stopped
    std::uint32_t incarnations = 0;  // ever made
    std::uint32_t number = 0;        // of `current`, or the last that was
    std::uint64_t restarts = 0;
    backoff retry;
    std::string last_error;
    std::int64_t last_error_at = 0;
    std::int64_t cpu_of_past = 0;                // ns, of incarnations that are gone
    bool fresh = false;                          // added by a reload that is not committed yet
    bool leaving = false;                        // removed from the configuration: erased once it has stopped
    bool relaunch = false;                       // a restart was asked for: launch again as soon as it has stopped
    std::weak_ptr<const loader::module> module;  // that `values` were validated for
    std::string module_file;
    std::string module_version;
    std::int64_t behind_since = 0;  // what the bus said at the last check; 0: not behind
    std::int64_t behind_seen = 0;   // CLOCK_MONOTONIC ns of the first check that said so
    std::string stalled;            // why it is called stalled; empty: it keeps up

    slot(config::instance_config of, backoff again) : config(std::move(of)), retry(std::move(again)) {}
};

}  // namespace sonde::run
