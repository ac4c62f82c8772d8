// SPDX-License-Identifier: Apache-2.0
// The component that the host drives: options, life cycle and endpoints around one engine.
#pragma once

#include <mutex>
#include <string>

#include <sonde/component.hpp>

#include "bpf/support/capability_report.hpp"
#include "ebpf/calls/connects.hpp"
#include "ebpf/calls/file_opens.hpp"
#include "ebpf/calls/namespaces.hpp"
#include "ebpf/flow/desk.hpp"
#include "ebpf/flow/flow_family.hpp"
#include "ebpf/map_meters.hpp"
#include "ebpf/options.hpp"
#include "ebpf/payload/http_publisher.hpp"
#include "ebpf/process/kernel_event_family.hpp"
#include "ebpf/process/process_family.hpp"
#include "ebpf/sync/page.hpp"
#include "ebpf/sync/sync_family.hpp"
#include "ebpf/tally.hpp"

namespace sonde::ebpf {

class engine;

class collector final {
public:
    static constexpr component_info info{
        .role = role::collector,
        .type = "ebpf",
        .summary = "What processes do and who they talk to, told by programs in the kernel",
        .description = "Exec, fork and exit with command line, directory, namespaces and container; TCP connections "
                       "and UDP flows with their counters; DNS; OOM kills; optionally signals, sends, packet counts, "
                       "network namespaces, waits for files, protocols and requests of HTTP. Nothing is missed that is "
                       "not counted.",
        .publishes = {process::process_topic, process::oom_topic, process::signal_topic, process::send_topic,
                      calls::connect_topic, calls::file_topic, calls::namespace_topic, sync::metric_topic,
                      flow::connection_topic, flow::dns_topic, payload::http_topic},
        .flags = SONDE_COMPONENT_STATEFUL,
    };
    static constexpr auto options = option_table;
    static constexpr std::array endpoints{
        endpoint_info{"features", "GET", "application/json", "What the kernel offers, and how each hook is attached"},
        endpoint_info{"check", "GET", "application/json",
                      "Events told and lost, by kind; maps of the kernel side; waits for files"},
        endpoint_info{"connections", "GET", "application/json",
                      "What connections moved since ?client_id= last asked; at most ?limit="},
        endpoint_info{"register", "GET", "application/json",
                      "Announces ?client_id=, so that its first answer holds only what happens from now on"},
        endpoint_info{"edges", "GET", "application/json",
                      "Who depends on whom since ?client_id= last asked, and how the tracker fares"},
        endpoint_info{"http", "GET", "application/json",
                      "Requests of HTTP by server and route since the start, and protocols; at most ?limit= routes"},
    };

    explicit collector(host on) : host_(on), tally_(on), maps_(on) {}

    [[nodiscard]] result<void> configure(const settings& values);
    [[nodiscard]] result<void> run(run_context& until);
    // Thread-safe between start and stop.
    [[nodiscard]] result<void> handle(std::string_view endpoint, const request& from, response& to);

private:
    [[nodiscard]] result<void> handle_connections(std::string_view endpoint, const request& from, response& to);
    void report(const bpf::capability_report& machine, const engine& opened);

    host host_;
    tally tally_;
    map_meters maps_;
    flow::desk questions_;
    flow::desk http_questions_;
    sync::page waits_;
    option_values options_;
    std::mutex mutex_;
    std::string features_ = "{}";  // under the mutex
};

}  // namespace sonde::ebpf
