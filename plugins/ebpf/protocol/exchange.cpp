// SPDX-License-Identifier: Apache-2.0
#include "ebpf/protocol/exchange.hpp"

#include <algorithm>

namespace sonde::ebpf::protocol {

// Passes over what is left of a body; whether a head may begin here.
bool http_connection::is_at_head(direction& of, cursor& at, exchange_counts& counts) noexcept {
    const std::uint64_t body = std::min(of.body_left, at.size);
    of.body_left -= body;
    at.size -= body;
    at.rest.remove_prefix(static_cast<std::size_t>(std::min<std::uint64_t>(body, at.rest.size())));
    if (at.size != 0 && at.rest.empty()) {
        counts.lost_heads += of.is_unsure ? 0 : 1;
        of.is_unsure = true;
    }
    return !at.rest.empty();
}

void http_connection::refuse(direction& of, head_refusal why, exchange_counts& counts) noexcept {
    if (!of.is_unsure) {
        ++counts.refused[static_cast<std::size_t>(why)];
    }
    of.is_unsure = true;
}

void http_connection::pass(direction& of, cursor& at, const http_fields& fields, bool has_body) noexcept {
    of.is_unsure = !fields.is_whole || (has_body && (fields.is_chunked || !fields.content_length));
    if (of.is_unsure) {
        at = {};
        return;
    }
    of.body_left = has_body ? *fields.content_length : 0;
    at.rest.remove_prefix(fields.size);
    at.size -= fields.size;
}

void http_connection::from_client(const payload& sent, route_table& routes, exchange_counts& counts) {
    cursor at{sent.prefix, std::max(sent.full_size, sent.prefix.size())};
    while (!is_over_ && is_at_head(client_, at, counts)) {
        request_head head;
        const head_refusal why = read_request(at.rest, head);
        if (why == head_refusal::cut && !client_.is_unsure) {
            // Its response comes all the same, so it keeps its place.
            push({.what = head.what, .started = sent.time}, counts);
        }
        if (why != head_refusal::none) {
            refuse(client_, why, counts);
            return;
        }
        push({.what = head.what,
              .route = routes.find(service_, head.target),
              .started = sent.time,
              .trace = head.fields.trace},
             counts);
        pass(client_, at, head.fields, head.fields.is_chunked || head.fields.content_length.has_value());
    }
}

std::span<const exchange> http_connection::from_server(const payload& sent, exchange_counts& counts) {
    cursor at{sent.prefix, std::max(sent.full_size, sent.prefix.size())};
    ended_count_ = 0;
    while (!is_over_ && is_at_head(server_, at, counts)) {
        response_head head;
        if (const head_refusal why = read_response(at.rest, head); why != head_refusal::none) {
            refuse(server_, why, counts);
            break;
        }
        answer(head, sent.time, counts);
        pass(server_, at, head.fields, has_body(head));
    }
    return std::span(ended_).first(ended_count_);
}

void http_connection::push(const exchange& request, exchange_counts& counts) noexcept {
    ++counts.requests;
    if (count_ == most_outstanding || dropped_ != 0) {
        ++dropped_;
        ++counts.dropped_requests;
        return;
    }
    outstanding_[(first_ + count_++) % most_outstanding] = request;
}

void http_connection::answer(const response_head& head, std::uint64_t time, exchange_counts& counts) noexcept {
    constexpr std::uint16_t switching_protocols = 101;
    answered_ = method::other;
    if (head.status < 200 && head.status != switching_protocols) {
        return;
    }
    ++counts.responses;
    is_over_ = head.status == switching_protocols;
    if (count_ == 0) {
        dropped_ -= dropped_ != 0 ? 1 : 0;
        ++counts.unmatched_responses;
        return;
    }
    exchange& of = outstanding_[first_];
    first_ = (first_ + 1) % most_outstanding;
    --count_;
    of.status = head.status;
    of.latency = time > of.started ? time - of.started : 0;
    answered_ = of.what;
    is_over_ = is_over_ || (of.what == method::connect && head.status < 300);
    ended_[ended_count_++] = of;
}

// RFC 9112 section 6.3.
bool http_connection::has_body(const response_head& head) const noexcept {
    constexpr std::uint16_t no_content = 204;
    constexpr std::uint16_t not_modified = 304;
    return answered_ != method::head && head.status >= 200 && head.status != no_content && head.status != not_modified;
}

}  // namespace sonde::ebpf::protocol
