// SPDX-License-Identifier: Apache-2.0
// What the running agent knows, as HTTP pages and metrics. Pages read snapshots: none of them stops or slows the data
// path, and none blocks a worker longer than the request lasts.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "api/router.hpp"
#include "bus/bus.hpp"
#include "config/document.hpp"
#include "loader/refusal.hpp"
#include "loader/registry.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "pages/shown_config.hpp"
#include "run/supervisor.hpp"

namespace sonde::pages {

struct tap_limits {
    std::size_t buffer = 256u << 10;  // bytes that wait for the client; one batch may go beyond
    std::uint64_t lost_batches = 256;
    std::chrono::nanoseconds patience = std::chrono::seconds(5);  // for the client to take what waits
    std::uint32_t at_once = 4;
};

struct page_limits {
    std::chrono::nanoseconds turn_wait = std::chrono::seconds(1);    // of /livez, for the supervisor's next turn
    std::chrono::nanoseconds turn_limit = std::chrono::seconds(30);  // without a turn, the agent is not alive
    tap_limits tap;
};

// The functions are called on API workers, concurrently.
struct page_sources {
    run::supervisor* supervisor = nullptr;
    bus::bus* fabric = nullptr;
    loader::registry* plugins = nullptr;
    observe::registry* metrics = nullptr;
    observe::logger* log = nullptr;
    config::api_settings api;
    std::int64_t started_at_wall = 0;       // Unix ns
    std::int64_t started_at_monotonic = 0;  // CLOCK_MONOTONIC ns
    std::function<std::vector<loader::refusal>()> refusals;
    std::function<shown_config()> config;
    std::function<void(run::supervisor::reply)> reload;  // answers on the supervisor's thread
    page_limits limits;
};

// What the sources point at must outlive this object, and the server must have stopped before it goes.
class pages final {
public:
    explicit pages(page_sources sources);
    ~pages();
    pages(const pages&) = delete;
    pages& operator=(const pages&) = delete;

    void add_routes(api::router& to);
    // Removed again by the destructor.
    void add_metric_sources();
    // Takes the snapshot behind /debug/stats now. A thread of this object does so every api.stats_interval.
    void refresh_stats();

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace sonde::pages
