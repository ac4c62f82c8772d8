// SPDX-License-Identifier: Apache-2.0
// The component that the host drives: options, life cycle, and the loop around one sampler.
#pragma once

#include <mutex>

#include <sonde/collecting/descriptor.hpp>
#include <sonde/component.hpp>

#include "host/sampler.hpp"

namespace sonde::host_metrics {

class collector final {
public:
    static constexpr component_info info{
        .role = role::collector,
        .type = "host",
        .summary = "Processors, memory, disks, file systems and network of the host as metrics",
        .description = "Metrics by the semantic conventions of OpenTelemetry from /proc, and what is known of the host "
                       "itself: at the start and when it changes.",
        .publishes = {metric_topic, info_topic},
        .flags = SONDE_COMPONENT_STATEFUL,
    };
    static constexpr auto options = option_table;

    explicit collector(sonde::host on) : host_(on), meters_(on), out_(on) {}

    [[nodiscard]] result<void> configure(const settings& values);
    [[nodiscard]] result<void> start();
    [[nodiscard]] result<void> run(run_context& until);
    [[nodiscard]] result<void> stop(std::chrono::nanoseconds deadline);

private:
    [[nodiscard]] option_values options_now();
    [[nodiscard]] bool take_reload();
    void report(const sampler& of);

    sonde::host host_;
    meters meters_;
    publisher out_;
    std::mutex mutex_;  // guards values_: configure may come while run is under way
    option_values values_;
    collecting::descriptor reload_;
    std::string reported_;
};

}  // namespace sonde::host_metrics
