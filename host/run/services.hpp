// SPDX-License-Identifier: Apache-2.0
// The sonde_host of one incarnation: implements the host extensions over the bus, the metrics and the log. Thread-safe
// as the ABI's tags demand; outlives the plugin's instance.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include <sonde/abi/host.h>

#include "bus/lane.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "run/status.hpp"

namespace sonde::run {

struct service_settings {
    std::string instance;
    std::shared_ptr<bus::lane> lane;  // null for encoders
    observe::registry* metrics = nullptr;
    observe::logger* log = nullptr;
    std::function<void()> on_health;    // after a report that changed something; any thread
    std::function<void()> ask_state{};  // of those that it subscribes to; empty without a subscription
};

class services final {
public:
    explicit services(service_settings settings);
    services(const services&) = delete;
    services& operator=(const services&) = delete;

    [[nodiscard]] const sonde_host* abi() const noexcept { return &abi_; }
    [[nodiscard]] health_report health() const;
    void report(sonde::health status, std::string_view reason, std::string_view text);
    // Somebody new listens who wants state.
    void note_subscriber() noexcept { subscribers_.fetch_add(1); }
    [[nodiscard]] std::uint64_t subscribers() const noexcept { return subscribers_.load(); }

    // The one behind a host that was given to a plugin.
    [[nodiscard]] static services& of(const sonde_host* host) noexcept {
        return *static_cast<services*>(host->context);
    }
    [[nodiscard]] const service_settings& settings() const noexcept { return settings_; }

private:
    const service_settings settings_;
    // Cells that were handed out stay mapped as long as plugin code may write to them.
    std::shared_ptr<const void> cells_;
    sonde_host abi_{};
    std::atomic<std::uint64_t> subscribers_{0};
    mutable std::mutex mutex_;
    health_report health_;
};

}  // namespace sonde::run
