// SPDX-License-Identifier: Apache-2.0
// The component that the host drives: options, life cycle and endpoints around the five parts.
#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include <poll.h>

#include <sonde/component.hpp>

#include "cni/config_source.hpp"
#include "cni/log_source.hpp"
#include "cni/network_source.hpp"
#include "cni/operation_source.hpp"
#include "cni/pages.hpp"
#include "cni/result_source.hpp"

namespace sonde::cni {

class collector final {
public:
    static constexpr component_info info{
        .role = role::collector,
        .type = "cni",
        .summary = "Plugins of the Container Network Interface and what they do to the node",
        .description =
            "Lines of the plugins' logs, understood for the plugins that are in use; each run of a plugin with its "
            "operation, container, duration and exit; changes of configurations; results and leases with the share of "
            "each pool that is in use; network namespaces, links, addresses and routes. Each part works without the "
            "others.",
        .publishes = {log_topic, operation_topic, config_topic, result_topic, network_topic},
        .subscribes = {"raw/ebpf/process/", "raw/process/event/"},
        .flags = SONDE_COMPONENT_STATEFUL,
    };
    static constexpr auto options = option_table;
    static constexpr std::array endpoints{
        endpoint_info{"check", "GET", "application/json", "How each part does, and what it waits for"},
        endpoint_info{"pools", "GET", "application/json", "Addresses of host-local that are in use, by pool"},
        endpoint_info{"operations", "GET", "application/json", "Runs of plugins, with failures and durations"},
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
    struct parts {
        parts(const host& on, const option_values& of, const meters& counted, publisher& out)
            : pods(of.proc_root, of.lease_limit),
              // Ranges of pools stand in configurations too.
              configs(on, of.config_dir, of.follows_config || of.follows_results, of.follows_config, counted, out),
              results(on, of, counted, out, pods, configs), network(on, of, counted, out, pods),
              operations(on, of, counted, out, pods), logs(on, of.logs, counted, out, pods) {}

        pod_table pods;
        config_source configs;
        result_source results;
        network_source network;
        operation_source operations;
        log_source logs;
    };

    [[nodiscard]] std::chrono::nanoseconds wait() const;
    void turn(run_context& until);
    void tell_all();
    [[nodiscard]] part_list list() const;
    void report();

    host host_;
    meters meters_;
    publisher out_;
    option_values values_;
    std::mutex mutex_;  // guards parts_ against endpoints
    std::optional<parts> parts_;
    std::optional<health_report> reported_;
    std::vector<pollfd> descriptors_;
};

}  // namespace sonde::cni
