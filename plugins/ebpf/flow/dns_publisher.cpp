// SPDX-License-Identifier: Apache-2.0
#include "ebpf/flow/dns_publisher.hpp"

#include <netinet/in.h>

#include "ebpf/connection/schema.hpp"
#include "ebpf/flow/dns_schema.hpp"

namespace sonde::ebpf::flow {
namespace {

namespace schema = dns_schema;
using transport = connection::schema::transport;

constexpr std::size_t fixed_size = 256;  // without the name and the counts by code
constexpr std::size_t count_size = 16;

std::span<const std::uint8_t> octets(const std::array<std::uint8_t, 16>& address, dns::family of) {
    return {address.data(), of == dns::family::ipv4 ? std::size_t{4} : address.size()};
}

void write(wire::writer& out, const dns::statistics_row& row) {
    out.bytes(schema::server_address, octets(row.of.server, row.of.of));
    out.bytes(schema::client_address, octets(row.of.client, row.of.of));
    out.uint_if(schema::client_port, row.of.client_port);
    out.uint(schema::transport,
             static_cast<std::uint64_t>(row.of.protocol == IPPROTO_TCP ? transport::tcp : transport::udp));
    out.uint_if(schema::network_namespace, row.of.network_namespace);
    out.text(schema::question_name, row.name);
    out.uint(schema::question_type, row.type);
    out.uint_if(schema::timeouts, row.what.timeouts);
    out.uint_if(schema::success_microseconds, row.what.success_microseconds);
    out.uint_if(schema::failure_microseconds, row.what.failure_microseconds);
    for (std::size_t code = 0; code < row.what.by_response_code.size(); ++code) {
        if (const std::uint64_t count = row.what.by_response_code[code]; count != 0) {
            out.message(schema::responses, [&] {
                out.uint_if(schema::response_code, code);
                out.uint(schema::response_count, count);
            });
        }
    }
}

}  // namespace

result<void> dns_publisher::open() {
    auto opened = open_stream(host_, dns_topic);
    if (!opened) {
        return std::unexpected(opened.error());
    }
    stream_ = *opened;
    return {};
}

void dns_publisher::publish(dns::monitor& from) {
    if (stream_.has_subscriber()) {
        from.stats().take([this](const dns::statistics_row& row) { publish(row); });
    }
}

void dns_publisher::publish(const dns::statistics_row& row) {
    const auto fill = [&](envelope_writer& envelope) {
        envelope.time(host_.wall(host_.monotonic()), clock_quality::collector);
        envelope.data(schema::content_type, schema::revision, [&](wire::writer& out) { write(out, row); });
    };
    static_cast<void>(
        stream_.publish(fill, fixed_size + row.name.size() + row.what.by_response_code.size() * count_size));
}

}  // namespace sonde::ebpf::flow
