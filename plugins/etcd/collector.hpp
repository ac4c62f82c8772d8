// SPDX-License-Identifier: Apache-2.0
// The component that the host drives: options, life cycle and endpoints around the watch and the members' status.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <sonde/component.hpp>

#include "etcd/pages.hpp"
#include "etcd/session.hpp"
#include "etcd/status_source.hpp"

namespace sonde::etcd {

class collector final {
public:
    static constexpr component_info info{
        .role = role::collector,
        .type = "etcd",
        .summary = "Changes of keys in etcd, and the status of its members",
        .description =
            "Each put and delete under the watched prefixes, at least once and in order, over restarts and changes of "
            "the member too; keys, sizes and revisions, and values only on request. What a compaction has taken is "
            "told as a gap, followed by the keys as they are. Leader, alarms, sizes and lag of each member.",
        .publishes = {event_topic, status_topic},
        .flags = SONDE_COMPONENT_STATEFUL,
    };
    static constexpr auto options = option_table;
    static constexpr std::array endpoints{
        endpoint_info{"check", "GET", "application/json", "Is everything watched, and if not, why"},
        endpoint_info{"members", "GET", "application/json", "Members of the cluster and their status"},
    };

    explicit collector(host on) : host_(on), meters_(on), out_(on, meters_) {}

    [[nodiscard]] result<void> configure(const settings& values);
    [[nodiscard]] result<void> start();
    [[nodiscard]] result<void> run(run_context& until);
    [[nodiscard]] result<void> stop(std::chrono::nanoseconds deadline);
    // Thread-safe between start and stop.
    [[nodiscard]] result<void> handle(std::string_view endpoint, const request& from, response& to);

private:
    struct halves {
        halves(const host& on, const option_values& of, const meters& counted, publisher& out, std::uint32_t seed)
            : watched(on, of, counted, out, token, seed), status(on, of, counted, out, token) {}
        std::string token;
        session watched;
        status_source status;
    };

    [[nodiscard]] std::chrono::nanoseconds wait() const;
    void turn(bool is_new_subscriber);
    void report();

    host host_;
    meters meters_;
    publisher out_;
    option_values values_;
    std::mutex mutex_;  // guards halves_ against endpoints
    std::optional<halves> halves_;
    std::optional<health_report> reported_;
};

}  // namespace sonde::etcd
