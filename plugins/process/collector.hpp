// SPDX-License-Identifier: Apache-2.0
// The component that the host drives: options, life cycle and endpoints around one run_loop.
#pragma once

#include <optional>

#include <sonde/collecting/descriptor.hpp>
#include <sonde/component.hpp>

#include "process/run_loop.hpp"

namespace sonde::process {

class collector final {
public:
    static constexpr component_info info{
        .role = role::collector,
        .type = "process",
        .summary = "What processes do as they do it, and what they use",
        .description = "All of it comes from the ebpf collector where one runs. Without it, exec, fork, exit, name and "
                       "user changes come from the kernel's proc connector at once, or from polling where that is not "
                       "possible, and scans of /proc add state and usage.",
        .publishes = {event_topic, sample_topic},
        .subscribes = {ebpf_topic},
        .flags = SONDE_COMPONENT_STATEFUL,
    };
    static constexpr auto options = option_table;
    static constexpr std::array endpoints{
        endpoint_info{"tree", "GET", "application/json", "Processes with their children; ?pid= gives a subtree"},
        endpoint_info{"processes", "GET", "application/json", "Top processes; ?sort=cpu|memory and ?limit="},
    };

    explicit collector(host on) : host_(on), meters_(on), out_(on, meters_) {}

    [[nodiscard]] result<void> configure(const settings& values);
    [[nodiscard]] result<void> start();
    [[nodiscard]] result<void> run(run_context& until);
    [[nodiscard]] result<void> consume(const batch_view& batch);
    [[nodiscard]] result<void> stop(std::chrono::nanoseconds deadline);
    // Thread-safe between start and stop.
    [[nodiscard]] result<void> handle(std::string_view endpoint, const request& from, response& to);

private:
    host host_;
    meters meters_;
    publisher out_;
    shared_options options_;
    collecting::descriptor reload_;
    std::optional<process_store> store_;
    run_loop* running_ = nullptr;  // during run
};

}  // namespace sonde::process
