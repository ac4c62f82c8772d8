// SPDX-License-Identifier: Apache-2.0
// The agent's HTTP server on a unix socket and, if asked for, a TCP port. One thread moves bytes, a small pool runs
// handlers; whatever a client does (says nothing, never reads, sends rubbish, leaves) costs bounded memory and time and
// is counted: sonde.api.requests{route,status}, sonde.api.dropped.connections{reason}, sonde.api.handler.failures,
// sonde.api.connections.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include <sonde/result.hpp>

#include "api/router.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"

namespace sonde::api {

struct server_settings {
    std::string socket;         // path; empty: no unix socket
    std::string listen;         // "127.0.0.1:3333"; empty: no TCP
    bool allow_remote = false;  // permit a `listen` that is not loopback
    std::int64_t max_connections = 64;
    // For a client to send a whole request, for a handler to answer it, and for the client to take the answer: each.
    std::chrono::nanoseconds request_timeout = std::chrono::seconds(10);
    std::chrono::nanoseconds idle_timeout = std::chrono::seconds(60);  // between two requests on one connection
    std::uint32_t header_limit = 8u << 10;
    std::uint64_t request_limit = 64u << 10;                          // body
    std::uint64_t response_limit = 16u << 20;                         // body, or one piece of a stream
    std::uint64_t outstanding_limit = 32u << 20;                      // bodies on their way to all clients together
    std::size_t workers = 8;                                          // threads at most, started when needed
    std::chrono::nanoseconds stop_timeout = std::chrono::seconds(1);  // for handlers that still run
};

class server final {
public:
    // Listens and serves before it returns. `routes`, `metrics` and `log` must outlive the server.
    [[nodiscard]] static result<std::unique_ptr<server>> start(server_settings settings, router& routes,
                                                               observe::registry& metrics, observe::logger& log);

    // Stops accepting, closes every connection, then waits `stop_timeout` for running handlers. A handler that still
    // runs then is left alone and logged; only its route's captures must stay. Idempotent; the destructor calls it.
    void stop();
    ~server();
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    // Of the TCP listener; 0 without one.
    [[nodiscard]] std::uint16_t port() const noexcept;

private:
    struct state;
    explicit server(std::unique_ptr<state> from) noexcept;
    std::unique_ptr<state> state_;
};

}  // namespace sonde::api
