// SPDX-License-Identifier: Apache-2.0
// One incarnation of a configured component, with two threads: control makes every lifecycle call, one at a time; data
// runs the collector or feeds the consumer. Neither ever blocks the supervisor: it asks, and hears of the outcome by
// a notice. If plugin code does not return, the threads keep this object alive and the supervisor gives it up.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <sonde/abi/ext/endpoints.h>
#include <sonde/result.hpp>

#include "bus/lane.hpp"
#include "bus/subscription.hpp"
#include "config/value.hpp"
#include "loader/registry.hpp"
#include "run/cpu_meter.hpp"
#include "run/services.hpp"
#include "support/fd.hpp"

namespace sonde::run {

class instance;

struct notice {
    enum class kind { started, start_failed, ended, stopped, reconfigured, health };
    kind what = kind::health;
    std::shared_ptr<instance> from;  // shared, so that no other incarnation has its address while this is on its way
    std::string error;               // empty: it went well
};

struct instance_settings {
    std::string name;
    loader::registered component;
    config::value_set values;
    std::shared_ptr<bus::lane> lane;                // collectors and enrichers
    std::shared_ptr<bus::subscription_core> input;  // enrichers, encoders, and collectors that subscribe
    observe::registry* metrics = nullptr;
    observe::logger* log = nullptr;
    std::function<void()> ask_state;  // of those that `input` hears; any thread
    std::chrono::nanoseconds drain_timeout{};
    std::function<void(notice)> notify;  // called from the instance's threads
};

struct endpoint_call {
    std::string_view name;
    std::string_view method;
    std::vector<std::pair<std::string, std::string>> parameters;
    std::string_view body;
    std::uint64_t answer_limit = 0;
};

struct endpoint_answer {
    std::string content_type;
    std::string body;
};

class instance final : public std::enable_shared_from_this<instance> {
public:
    static std::shared_ptr<instance> make(instance_settings settings);
    ~instance();
    instance(const instance&) = delete;
    instance& operator=(const instance&) = delete;

    // Creates, configures and starts, then waits for go(). Answered by started or start_failed.
    void launch();
    // Lets the data thread begin.
    void go();
    // Applies reloadable values while running. Answered by reconfigured.
    void reconfigure(config::value_set values);
    // Ends the data thread, stops and destroys, by `deadline` (CLOCK_MONOTONIC ns). Answered by stopped.
    void stop(std::int64_t deadline);
    // Somebody new listens to the lane.
    void announce_subscriber() noexcept;

    // Runs an endpoint of the plugin on the calling thread. errc::stopped while it is not running.
    [[nodiscard]] result<endpoint_answer> call(const endpoint_call& request);
    // Empty while it is not running. The texts are the instance's own.
    [[nodiscard]] std::vector<sonde_endpoint> endpoints() const;

    [[nodiscard]] const instance_settings& settings() const noexcept { return settings_; }
    [[nodiscard]] health_report health() const { return services_.health(); }
    // A health notice has been received: the next change is told again. Until then reports do not pile up.
    void heard_health() noexcept { health_said_.store(false); }
    [[nodiscard]] std::int64_t cpu_time() const { return cpu_.total(); }

private:
    explicit instance(instance_settings settings);

    enum class command { go, reconfigure, stop };

    void control_loop();
    [[nodiscard]] result<void> find_table();
    [[nodiscard]] result<void> bring_up();
    void read_endpoints();
    [[nodiscard]] command next_command();
    void apply_pending_values();
    void tear_down();
    void start_data();
    void say(notice::kind what, const result<void>& outcome);
    void say_health();
    [[nodiscard]] std::int64_t stop_deadline() const;
    void signal(std::uint32_t bits) noexcept;
    void join_wakes() noexcept;
    [[nodiscard]] bool collects() const noexcept { return settings_.component.spec.role == sonde::role::collector; }
    [[nodiscard]] bool listens() const noexcept { return collects() && settings_.input != nullptr; }

    // instance_data.cpp
    void data_loop();
    [[nodiscard]] result<void> collect();
    [[nodiscard]] result<void> consume();
    void consume_one(const bus::batch_ref& batch);
    [[nodiscard]] std::int64_t idle(std::int64_t now);
    static std::uint32_t take_signals(void* context);
    static std::uint32_t deliver(void* context, std::uint32_t most);
    [[nodiscard]] bool has_input() const noexcept;

    const instance_settings settings_;
    const sonde_component* table_ = nullptr;  // both from bring_up on
    const sonde_ops* ops_ = nullptr;
    services services_;
    cpu_meter cpu_;
    void* self_ = nullptr;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<command> commands_;
    config::value_set pending_values_;
    std::int64_t stop_deadline_ = 0;
    bool data_running_ = false;

    std::atomic<std::uint32_t> signals_{0};
    std::atomic<bool> stopping_{false};
    std::atomic<bool> health_said_{false};
    support::unique_fd wake_;
    support::unique_fd wakes_;  // of a collector that subscribes: an epoll over wake_ and the input

    // Endpoint calls in flight; closed before stop.
    bool calls_open_ = false;
    std::uint32_t calls_ = 0;
    const sonde_plugin_endpoints* endpoints_ = nullptr;
    std::vector<sonde_endpoint> endpoint_list_;  // copied, since the plugin's own go with its instance
    std::deque<std::string> endpoint_texts_;
};

}  // namespace sonde::run
