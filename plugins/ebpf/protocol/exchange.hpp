// SPDX-License-Identifier: Apache-2.0
// Requests and responses of one HTTP/1.x connection, matched in their order (RFC 9112 section 9.3.2). It is fed with
// prefixes of what was sent; bodies are passed over by their length, and where that is not known the next payload that
// begins with a start line is taken. Fixed size, allocates nothing but through the route table. Used by one thread;
// times are given by the caller (CLOCK_MONOTONIC, nanoseconds).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "ebpf/protocol/http_head.hpp"
#include "ebpf/protocol/route_table.hpp"

namespace sonde::ebpf::protocol {

// Names of the attributes by OpenTelemetry's semantic conventions for HTTP.
namespace attribute {
constexpr std::string_view request_method = "http.request.method";
constexpr std::string_view response_status_code = "http.response.status_code";
constexpr std::string_view url_template = "url.template";
}  // namespace attribute

struct exchange {
    method what = method::other;
    route_table::number route = route_table::other;
    std::uint16_t status = 0;
    std::uint64_t started = 0;
    std::uint64_t latency = 0;  // nanoseconds, from the payload with the request to that with the response
    std::optional<trace_parent> trace{};
};

// What one send or segment carried.
struct payload {
    std::string_view prefix;
    std::size_t full_size = 0;  // if less was captured, even nothing
    std::uint64_t time = 0;
};

// Since the start, over all connections that share it.
struct exchange_counts {
    std::uint64_t requests = 0;
    std::uint64_t responses = 0;            // interim ones (1xx) not counted
    std::uint64_t dropped_requests = 0;     // too many outstanding on one connection
    std::uint64_t unmatched_responses = 0;  // whose request was not seen, or dropped
    std::uint64_t lost_heads = 0;           // lie beyond a prefix, so what follows is not known until the next payload
    head_refusal_counts refused{};
};

class http_connection final {
public:
    static constexpr std::size_t most_outstanding = 16;

    explicit http_connection(std::uint64_t service) noexcept : service_(service) {}

    void from_client(const payload& sent, route_table& routes, exchange_counts& counts);
    // The exchanges that this payload ended; they hold until the next call.
    [[nodiscard]] std::span<const exchange> from_server(const payload& sent, exchange_counts& counts);

    // Requests that wait for their response.
    [[nodiscard]] std::size_t outstanding() const noexcept { return count_; }
    // It became a tunnel or another protocol: nothing more to see.
    [[nodiscard]] bool is_over() const noexcept { return is_over_; }

private:
    struct direction {
        std::uint64_t body_left = 0;
        bool is_unsure = false;  // where the next head begins
    };
    struct cursor {
        std::string_view rest;
        std::uint64_t size;
    };

    [[nodiscard]] static bool is_at_head(direction& of, cursor& at, exchange_counts& counts) noexcept;
    static void refuse(direction& of, head_refusal why, exchange_counts& counts) noexcept;
    static void pass(direction& of, cursor& at, const http_fields& fields, bool has_body) noexcept;
    void push(const exchange& request, exchange_counts& counts) noexcept;
    // False if the connection is not HTTP any more.
    void answer(const response_head& head, std::uint64_t time, exchange_counts& counts) noexcept;
    [[nodiscard]] bool has_body(const response_head& head) const noexcept;

    std::array<exchange, most_outstanding> outstanding_;
    std::array<exchange, most_outstanding> ended_;
    std::uint64_t service_;
    std::uint64_t dropped_ = 0;  // requests after the outstanding ones
    std::size_t first_ = 0;
    std::size_t count_ = 0;
    std::size_t ended_count_ = 0;
    method answered_ = method::other;
    direction client_;
    direction server_;
    bool is_over_ = false;
};

}  // namespace sonde::ebpf::protocol
