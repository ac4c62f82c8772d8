// SPDX-License-Identifier: Apache-2.0
// HTTP exchanges added up by service, method and route: how many, how they ended, how long they took. Services and rows
// are bounded; what does not fit is counted. Used by one thread; times are CLOCK_MONOTONIC nanoseconds.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "ebpf/connection/row.hpp"
#include "ebpf/protocol/exchange.hpp"
#include "ebpf/protocol/route_table.hpp"

namespace sonde::ebpf::payload {

// A server as one end of its connections sees it. Seen by its clients of one network namespace, or by itself.
struct service_key {
    connection::endpoint server;
    std::uint32_t network_namespace = 0;
    connection::ip_family family = connection::ip_family::ipv4;
    connection::role seen_by = connection::role::unknown;
    bool operator==(const service_key&) const = default;
};

// Upper bounds in nanoseconds, as OpenTelemetry's semantic conventions advise for http.server.request.duration.
inline constexpr std::array<std::uint64_t, 14> duration_bounds{
    5'000'000,   10'000'000,  25'000'000,    50'000'000,    75'000'000,    100'000'000,   250'000'000,
    500'000'000, 750'000'000, 1'000'000'000, 2'500'000'000, 5'000'000'000, 7'500'000'000, 10'000'000'000};

struct answered {
    std::uint16_t status = 0;
    std::uint64_t count = 0;
};

// An exchange that belongs to a trace: an example of those that were added up.
struct http_exemplar {
    protocol::trace_parent trace;
    std::uint64_t duration = 0;
    std::uint16_t status = 0;
};

struct http_sums {
    static constexpr std::size_t most_statuses = 16;

    std::uint64_t requests = 0;
    std::uint64_t client_errors = 0;  // 4xx
    std::uint64_t server_errors = 0;  // 5xx and above
    std::uint64_t duration_sum = 0;
    std::uint64_t duration_min = 0;
    std::uint64_t duration_max = 0;
    std::array<std::uint64_t, duration_bounds.size() + 1> durations{};
    std::array<answered, most_statuses + 1> statuses{};  // the last one, status 0: all others
    std::size_t known_statuses = 0;
    std::optional<http_exemplar> slowest;  // of those with a trace

    void add(const protocol::exchange& ended) noexcept;
};

struct http_row {
    service_key of;
    protocol::method method = protocol::method::other;
    std::string_view route;
    const http_sums* sums = nullptr;
};

struct http_limits {
    protocol::route_limits routes;
    std::size_t rows = 10'000;
    std::uint64_t forget_after = 600'000'000'000;
};

// Since the start.
struct http_statistics_counts {
    std::uint64_t exchanges = 0;
    std::uint64_t dropped_services = 0;
    std::uint64_t dropped_rows = 0;
};

class http_statistics final {
public:
    using service = std::uint64_t;
    using visitor = std::function<void(const http_row&)>;

    explicit http_statistics(const http_limits& limits = {}) : limits_(limits), routes_(limits.routes) {}

    // Nothing: there are too many services.
    [[nodiscard]] std::optional<service> find(const service_key& key, std::uint64_t now);
    void add(service to, const protocol::exchange& ended, std::uint64_t now);

    // What was added since the last time, which begins anew.
    void take(const visitor& visit);
    // The sums since a service was first seen.
    void for_each(const visitor& visit) const;
    // Forgets services that were silent for long and have nothing to tell.
    void sweep(std::uint64_t now);

    [[nodiscard]] protocol::route_table& routes() noexcept { return routes_; }
    [[nodiscard]] const protocol::route_table& routes() const noexcept { return routes_; }
    [[nodiscard]] std::size_t services() const noexcept { return services_.size(); }
    [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
    [[nodiscard]] const http_statistics_counts& counts() const noexcept { return counts_; }

private:
    struct row {
        protocol::method method;
        protocol::route_table::number route;
        http_sums fresh;
        http_sums total;
    };
    struct entry {
        service_key key;
        std::uint64_t used = 0;
        bool has_fresh = false;
        std::unordered_map<std::uint32_t, row> rows;  // by method and route
    };
    struct hash {
        std::size_t operator()(const service_key& key) const noexcept;
    };

    http_limits limits_;
    protocol::route_table routes_;
    http_statistics_counts counts_;
    std::unordered_map<service_key, service, hash> numbers_;
    std::unordered_map<service, entry> services_;
    service last_ = 0;
    std::size_t rows_ = 0;
};

}  // namespace sonde::ebpf::payload
