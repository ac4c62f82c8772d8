// SPDX-License-Identifier: Apache-2.0
// The component that the host drives: options, life cycle and endpoints around one engine.
#pragma once

#include <mutex>
#include <optional>

#include <sonde/component.hpp>

#include "container/engine.hpp"
#include "container/pages.hpp"

namespace sonde::container {

class collector final {
public:
    static constexpr component_info info{
        .role = role::collector,
        .type = "container",
        .summary = "Which containers there are, from every runtime",
        .description =
            "Containers and pod sandboxes of containerd, CRI-O, Docker, podman and runc as they start, change, "
            "exit and go: from the runtimes' sockets where they may be used, else from their files and from "
            "the tree of control groups.",
        .publishes = {event_topic},
        .flags = SONDE_COMPONENT_STATEFUL,
    };
    static constexpr auto options = option_table;
    static constexpr std::array endpoints{
        endpoint_info{"containers", "GET", "application/json", "All containers that are remembered; ?id= for one"},
        endpoint_info{"sources", "GET", "application/json",
                      "Which sockets and directories answer, and why others do not"},
    };

    explicit collector(host on) : host_(on), meters_(on), out_(on, meters_) {}

    [[nodiscard]] result<void> configure(const settings& values);
    [[nodiscard]] result<void> start();
    [[nodiscard]] result<void> run(run_context& until);
    [[nodiscard]] result<void> stop(std::chrono::nanoseconds deadline);
    // Thread-safe between start and stop.
    [[nodiscard]] result<void> handle(std::string_view endpoint, const request& from, response& to);

private:
    void report();

    host host_;
    meters meters_;
    publisher out_;
    option_values values_;
    std::mutex mutex_;  // guards engine_ against endpoints
    std::optional<engine> engine_;
    std::optional<health_report> reported_;
};

}  // namespace sonde::container
