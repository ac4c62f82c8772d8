// SPDX-License-Identifier: Apache-2.0
// Heads of HTTP/1.x messages (RFC 9112) from a prefix of what was sent. The start line must be whole, the fields go as
// far as the prefix. Strict where a message could be read in two ways. Text points into the prefix.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "ebpf/protocol/trace_parent.hpp"

namespace sonde::ebpf::protocol {

enum class method : std::uint8_t { other, get, head, post, put, remove, connect, options, trace, patch };

// Values of http.request.method in OpenTelemetry's semantic conventions.
[[nodiscard]] constexpr std::string_view name(method of) noexcept {
    switch (of) {
    case method::other: return "_OTHER";
    case method::get: return "GET";
    case method::head: return "HEAD";
    case method::post: return "POST";
    case method::put: return "PUT";
    case method::remove: return "DELETE";
    case method::connect: return "CONNECT";
    case method::options: return "OPTIONS";
    case method::trace: return "TRACE";
    case method::patch: return "PATCH";
    }
    return "_OTHER";
}

enum class head_refusal : std::uint8_t {
    none,
    cut,          // the start line does not end within the prefix
    bad_method,   // not a token
    bad_target,   // empty, or with control characters
    bad_version,  // not HTTP/1.x
    bad_status,   // not three digits from 100 on
    bad_field,    // no colon, not a token as name, a folded line, lengths that contradict each other
};
constexpr std::size_t head_refusal_kinds = 7;
using head_refusal_counts = std::array<std::uint64_t, head_refusal_kinds>;

[[nodiscard]] constexpr std::string_view name(head_refusal why) noexcept {
    switch (why) {
    case head_refusal::none: return "none";
    case head_refusal::cut: return "cut";
    case head_refusal::bad_method: return "bad_method";
    case head_refusal::bad_target: return "bad_target";
    case head_refusal::bad_version: return "bad_version";
    case head_refusal::bad_status: return "bad_status";
    case head_refusal::bad_field: return "bad_field";
    }
    return "unknown";
}

// What both kinds have in common.
struct http_fields {
    std::string_view host;              // server.address and server.port
    std::string_view user_agent;        // user_agent.original
    std::optional<trace_parent> trace;  // nothing as well, if there are several
    std::optional<std::uint64_t> content_length;
    bool names_trace = false;  // validly or not
    bool is_chunked = false;   // any transfer coding: the length is in the body
    bool is_whole = false;     // the head ends within the prefix
    std::size_t size = 0;      // of the head, if it is whole
};

struct request_head {
    method what = method::other;   // http.request.method
    std::string_view method_text;  // http.request.method_original
    std::string_view target;       // url.path and url.query
    http_fields fields;
};

struct response_head {
    std::uint16_t status = 0;  // http.response.status_code
    http_fields fields;
};

// Fills in the head, or says why not; of a request that is cut the method is known.
[[nodiscard]] head_refusal read_request(std::string_view prefix, request_head& into) noexcept;
[[nodiscard]] head_refusal read_response(std::string_view prefix, response_head& into) noexcept;

}  // namespace sonde::ebpf::protocol
