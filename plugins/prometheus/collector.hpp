// SPDX-License-Identifier: Apache-2.0
// The component that the host drives: options, life cycle and the endpoint around the engine.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include <sonde/component.hpp>

#include "prometheus/engine.hpp"

namespace sonde::prometheus {

class collector final {
public:
    static constexpr component_info info{
        .role = role::collector,
        .type = "prometheus",
        .summary = "Answers of a Prometheus server to queries, and pages with metrics",
        .description = "Asks named PromQL queries at intervals, and reads the pages on which programs offer their "
                       "metrics, in the text formats of Prometheus and OpenMetrics. Every sample is told with its "
                       "labels, its value and its time.",
        .publishes = {query_topic, scrape_topic},
    };
    static constexpr auto options = option_table;
    static constexpr std::array endpoints{
        endpoint_info{"check", "GET", "application/json", "How each query and each target went last"},
    };

    explicit collector(host on) : host_(on), meters_(on) {}

    [[nodiscard]] result<void> configure(const settings& values);
    [[nodiscard]] result<void> start();
    [[nodiscard]] result<void> run(run_context& until);
    [[nodiscard]] result<void> stop(std::chrono::nanoseconds deadline);
    // Thread-safe between start and stop.
    [[nodiscard]] result<void> handle(std::string_view endpoint, const request& from, response& to);

private:
    void turn();

    host host_;
    meters meters_;
    option_values values_;
    std::mutex mutex_;  // guards engine_ against the endpoint
    std::unique_ptr<engine> engine_;
    std::optional<health_report> reported_;
};

}  // namespace sonde::prometheus
