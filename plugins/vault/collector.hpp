// SPDX-License-Identifier: Apache-2.0
// The component that the host drives: options, life cycle and endpoint around the parts.
#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include <sonde/component.hpp>

#include "common/http/client.hpp"
#include "vault/audit_files.hpp"
#include "vault/audit_listener.hpp"
#include "vault/metrics_source.hpp"
#include "vault/pages.hpp"
#include "vault/status_source.hpp"
#include "vault/token_keeper.hpp"

namespace sonde::vault {

class collector final {
public:
    static constexpr component_info info{
        .role = role::collector,
        .type = "vault",
        .summary = "State, metrics and audit entries of a Vault server",
        .description = "Looks at a server's health, seal, leader and replications, tells changes at once, reads its "
                       "metrics, and follows its audit devices, by file or socket. Of audit entries only what is known "
                       "to be harmless is passed, and values that Vault has hashed. Made from Vault's published "
                       "documentation, and tested with a server that follows it.",
        .publishes = {status_topic, metric_topic, audit_topic},
        .flags = SONDE_COMPONENT_STATEFUL,
    };
    static constexpr auto options = option_table;
    static constexpr std::array endpoints{
        endpoint_info{"check", "GET", "application/json", "Does each part work, and if not, why"},
    };

    explicit collector(host on) : host_(on), meters_(on) {}

    [[nodiscard]] result<void> configure(const settings& values);
    [[nodiscard]] result<void> start();
    [[nodiscard]] result<void> run(run_context& until);
    [[nodiscard]] result<void> stop(std::chrono::nanoseconds deadline);
    // Thread-safe between start and stop.
    [[nodiscard]] result<void> handle(std::string_view endpoint, const request& from, response& to);

private:
    // What asks the server.
    struct asking {
        asking(const host& on, const server_options& of, common::http::client by, const meters& counted, publisher& out,
               std::uint32_t seed)
            : client(std::move(by)), server(of), status(on, server, client, counted, out, seed),
              token(on, server, client, counted, seed + 1), metrics(on, server, client, counted, out, token, seed + 2) {
        }
        common::http::client client;
        api server;
        status_source status;
        token_keeper token;
        metrics_source metrics;
    };
    struct auditing {
        auditing(const host& on, const audit_options& of, const meters& counted, publisher& out)
            : sink(on, of, counted, out), files(on, of, counted, sink), sockets(on, of, counted, sink) {}
        audit_sink sink;
        audit_files files;
        audit_listener sockets;
    };

    void turn(bool is_new_subscriber);
    void finish();
    [[nodiscard]] std::chrono::nanoseconds wait() const;
    void gather_descriptors();
    [[nodiscard]] part_states parts() const;
    void report();

    host host_;
    meters meters_;
    option_values values_;
    std::optional<publisher> out_;
    std::mutex mutex_;  // guards the parts against the endpoint
    std::optional<asking> asking_;
    std::optional<auditing> auditing_;
    std::vector<pollfd> descriptors_;
    common::part_state off_;  // of parts that there are none of
    std::optional<health_report> reported_;
};

}  // namespace sonde::vault
