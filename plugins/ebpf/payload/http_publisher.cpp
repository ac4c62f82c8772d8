// SPDX-License-Identifier: Apache-2.0
#include "ebpf/payload/http_publisher.hpp"

#include <algorithm>

#include "ebpf/payload/http_schema.hpp"

namespace sonde::ebpf::payload {
namespace {

namespace schema = http_schema;

constexpr std::size_t fixed_size = 832;  // without the route

// The last one, of all other statuses, has status 0, which is left out.
void write_responses(wire::writer& out, const http_sums& of) {
    for (const answered& each : of.statuses) {
        if (each.count != 0) {
            out.message(schema::responses, [&] {
                out.uint_if(schema::status_code, each.status);
                out.uint(schema::response_count, each.count);
            });
        }
    }
}

void write_durations(wire::writer& out, const http_sums& of) {
    out.uint_if(schema::duration_sum, of.duration_sum);
    out.uint_if(schema::duration_min, of.duration_min);
    out.uint_if(schema::duration_max, of.duration_max);
    const auto last = std::ranges::find_if(of.durations.rbegin(), of.durations.rend(), [](auto n) { return n != 0; });
    for (auto each = of.durations.begin(); each != last.base(); ++each) {
        out.uint(schema::duration_counts, *each);
    }
}

void write_exemplar(wire::writer& out, const http_exemplar& of) {
    out.message(schema::slowest_traced, [&] {
        out.bytes(schema::trace_id, of.trace.trace_id);
        out.bytes(schema::span_id, of.trace.parent_id);
        out.uint_if(schema::trace_flags, of.trace.flags);
        out.uint_if(schema::exemplar_duration, of.duration);
        out.uint_if(schema::exemplar_status_code, of.status);
    });
}

}  // namespace

result<void> http_publisher::open() {
    auto opened = open_stream(host_, http_topic);
    if (!opened) {
        return std::unexpected(opened.error());
    }
    stream_ = *opened;
    since_ = host_.monotonic();
    return {};
}

void http_publisher::publish(http_statistics& from) {
    if (!stream_.has_subscriber()) {
        return;
    }
    const auto now = host_.monotonic();
    from.take([&](const http_row& row) { publish(row, now); });
    since_ = now;
}

void http_publisher::publish(const http_row& row, std::chrono::nanoseconds now) {
    const auto fill = [&](envelope_writer& envelope) {
        envelope.time(host_.wall(now), clock_quality::collector);
        envelope.data(schema::content_type, schema::revision, [&](wire::writer& out) { write(out, row); });
    };
    static_cast<void>(stream_.publish(fill, fixed_size + row.route.size()));
}

void http_publisher::write(wire::writer& out, const http_row& row) const {
    out.bytes(schema::server_address, connection::octets(row.of.server.ip, row.of.family));
    out.uint_if(schema::server_port, row.of.server.port);
    out.uint_if(schema::network_namespace, row.of.network_namespace);
    out.uint_if(schema::role, static_cast<std::uint64_t>(row.of.seen_by));
    out.text(schema::request_method, protocol::name(row.method));
    out.text(schema::url_template, row.route);
    out.fixed64(schema::start_time_unix_nano, static_cast<std::uint64_t>(host_.wall(since_).count()));
    out.uint(schema::requests, row.sums->requests);
    out.uint_if(schema::client_errors, row.sums->client_errors);
    out.uint_if(schema::server_errors, row.sums->server_errors);
    write_responses(out, *row.sums);
    write_durations(out, *row.sums);
    out.uint(schema::sampled_percent, sampled_percent_);
    if (row.sums->slowest) {
        write_exemplar(out, *row.sums->slowest);
    }
}

}  // namespace sonde::ebpf::payload
