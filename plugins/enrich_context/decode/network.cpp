// SPDX-License-Identifier: Apache-2.0
// What is told of traffic beside connections: DNS, HTTP, single sends. Their payloads name no process of their own; the
// envelope may.
#include <netinet/in.h>

#include "ebpf/flow/dns_schema.hpp"
#include "ebpf/payload/http_schema.hpp"
#include "ebpf/process/kernel_event_schema.hpp"
#include "enrich_context/decode/address.hpp"
#include "enrich_context/decode/decoders.hpp"

namespace sonde::enrich_context::decode {
namespace {

// The other end, by the address that this end used.
void reach(decoded& to, std::span<const std::uint8_t> address, std::uint64_t port, std::uint8_t protocol,
           std::uint32_t network_namespace, std::uint64_t time) {
    if (const auto at = mapped(address)) {
        to.has_remote = true;
        to.actual = {*at, static_cast<std::uint16_t>(port), protocol, network_namespace, time, {}};
    }
}

}  // namespace

verdict dns_event(const schema::envelope_view& from, decoded& to) {
    namespace fields = ebpf::flow::dns_schema;
    constexpr std::uint64_t dns_port = 53;
    constexpr std::uint64_t udp = 2;  // sonde.v1.Transport
    std::span<const std::uint8_t> server;
    std::uint64_t transport = 0;
    std::uint32_t space = from.network_namespace;
    const bool whole = walk(from.data, [&](const wire::field& field) {
        switch (field.number) {
        case fields::server_address: server = field.bytes; break;
        case fields::transport: transport = field.value; break;
        case fields::network_namespace: space = static_cast<std::uint32_t>(field.value); break;
        default: break;
        }
    });
    if (!whole) {
        return verdict::malformed;
    }
    to.type = "network.dns";
    reach(to, server, dns_port, transport == udp ? IPPROTO_UDP : IPPROTO_TCP, space, from.time);
    return verdict::event;
}

verdict http_event(const schema::envelope_view& from, decoded& to) {
    namespace fields = ebpf::payload::http_schema;
    constexpr std::uint64_t client = 1;  // sonde.v1.ConnectionRole
    std::span<const std::uint8_t> server;
    std::uint64_t port = 0;
    std::uint64_t role = 0;
    std::uint32_t space = from.network_namespace;
    const bool whole = walk(from.data, [&](const wire::field& field) {
        switch (field.number) {
        case fields::server_address: server = field.bytes; break;
        case fields::server_port: port = field.value; break;
        case fields::role: role = field.value; break;
        case fields::network_namespace: space = static_cast<std::uint32_t>(field.value); break;
        default: break;
        }
    });
    if (!whole) {
        return verdict::malformed;
    }
    to.type = "network.http";
    if (role == client) {  // a server's own address is this end, not the other
        reach(to, server, port, IPPROTO_TCP, space, from.time);
    }
    return verdict::event;
}

verdict tcp_send(const schema::envelope_view& from, decoded& to) {
    namespace fields = ebpf::process::kernel_schema;
    std::span<const std::uint8_t> other;
    std::uint64_t port = 0;
    const bool whole = walk(from.data, [&](const wire::field& field) {
        if (field.number == fields::remote_address) {
            other = field.bytes;
        } else if (field.number == fields::remote_port) {
            port = field.value;
        }
    });
    if (!whole) {
        return verdict::malformed;
    }
    to.type = "network.tcp_send";
    reach(to, other, port, IPPROTO_TCP, from.network_namespace, from.time);
    return verdict::event;
}

}  // namespace sonde::enrich_context::decode
