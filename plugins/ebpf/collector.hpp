// SPDX-License-Identifier: Apache-2.0
// The component that the host drives: options, life cycle and endpoints around one engine.
#pragma once

#include <mutex>
#include <string>

#include <sonde/component.hpp>

#include "bpf/support/capability_report.hpp"
#include "ebpf/options.hpp"
#include "ebpf/process/kernel_event_family.hpp"
#include "ebpf/process/process_family.hpp"
#include "ebpf/tally.hpp"

namespace sonde::ebpf {

class engine;

class collector final {
public:
    static constexpr component_info info{
        .role = role::collector,
        .type = "ebpf",
        .summary = "What processes do and what befalls them, told by programs in the kernel",
        .description = "Exec, fork and exit with command line, directory, namespaces and container; OOM kills; "
                       "optionally signals, sends and packet counts. Nothing is polled and nothing is missed that is "
                       "not counted.",
        .publishes = {process::process_topic, process::oom_topic, process::signal_topic, process::send_topic},
        .flags = SONDE_COMPONENT_STATEFUL,
    };
    static constexpr auto options = option_table;
    static constexpr std::array endpoints{
        endpoint_info{"features", "GET", "application/json", "What the kernel offers, and how each hook is attached"},
        endpoint_info{"check", "GET", "application/json", "Events told and lost, by kind"},
    };

    explicit collector(host on) : host_(on), tally_(on) {}

    [[nodiscard]] result<void> configure(const settings& values);
    [[nodiscard]] result<void> run(run_context& until);
    // Thread-safe between start and stop.
    [[nodiscard]] result<void> handle(std::string_view endpoint, const request& from, response& to);

private:
    void report(const bpf::capability_report& machine, const engine& opened);

    host host_;
    tally tally_;
    option_values options_;
    std::mutex mutex_;
    std::string features_ = "{}";  // under the mutex
};

}  // namespace sonde::ebpf
