// SPDX-License-Identifier: Apache-2.0
// The component that the host drives: options, life cycle, endpoints, and the data thread around one engine.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include <sonde/component.hpp>

#include "common/http/client.hpp"
#include "k8s/engine.hpp"
#include "k8s/kubelet.hpp"
#include "k8s/shared_state.hpp"

namespace sonde::k8s {

class collector final {
public:
    static constexpr component_info info{
        .role = role::collector,
        .type = "k8s",
        .summary = "Objects and events of a Kubernetes cluster, as they change",
        .description = "Lists and watches pods, services, nodes and the like at the API server, resumes where it stood "
                       "after any interruption, and tells every change once. Optionally asks the node's kubelet.",
        .publishes = {object_topic, kubelet_topic},
        .flags = SONDE_COMPONENT_STATEFUL,
    };
    static constexpr auto options = option_table;
    static constexpr std::array endpoints{
        endpoint_info{"check", "GET", "application/json",
                      "Whether the API server can be reached and read, and if not, why"},
        endpoint_info{"kinds", "GET", "application/json", "The state of each list and watch"},
        endpoint_info{"objects", "GET", "application/json", "Names of the objects that are known; ?kind=pods"},
    };

    explicit collector(host on) : host_(on), meters_(on) {}

    [[nodiscard]] result<void> configure(const settings& values);
    [[nodiscard]] result<void> start();
    [[nodiscard]] result<void> run(run_context& until);
    [[nodiscard]] result<void> stop(std::chrono::nanoseconds) { return {}; }
    // Thread-safe between start and stop.
    [[nodiscard]] result<void> handle(std::string_view endpoint, const request& from, response& to);

private:
    class shown_engine;
    [[nodiscard]] result<api_access> wait_for_access(run_context& until);
    [[nodiscard]] result<void> serve(run_context& until, const api_access& access);
    void show(const engine& of, const api_access& access);
    void report(const std::optional<problem>& what);

    host host_;
    meters meters_;
    option_values values_;
    std::optional<publisher> out_;
    shared_state shown_;
    std::optional<problem> reported_;
    bool has_reported_ = false;

    std::mutex engine_mutex_;         // the data thread holds it while it works
    const engine* engine_ = nullptr;  // while run() has one
};

}  // namespace sonde::k8s
