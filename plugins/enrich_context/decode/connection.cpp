// SPDX-License-Identifier: Apache-2.0
// sonde.v1.ConnectionEvent: both ends, with what was dialled and where the packets go kept apart.
#include <array>
#include <cstring>
#include <netinet/in.h>

#include "ebpf/connection/schema.hpp"
#include "enrich_context/decode/address.hpp"
#include "enrich_context/decode/decoders.hpp"

namespace sonde::enrich_context::decode {
namespace {

namespace fields = ebpf::connection::schema;

constexpr std::uint64_t incoming = 2;  // sonde.v1.ConnectionDirection

constexpr std::array<std::string_view, 4> types{"", "network.connection.snapshot", "network.connection.closed",
                                                "network.connection.failed"};

struct facts {
    std::uint64_t direction = 0;
    std::uint32_t network_namespace = 0;
    std::uint64_t created = 0;
    std::uint32_t error = 0;
    endpoint reply_source;
    bool is_translated = false;
    bool is_whole = true;
};

std::uint16_t port_of(const wire::field& field) { return static_cast<std::uint16_t>(field.value); }

bool read_translation(std::span<const std::uint8_t> from, facts& to) {
    to.is_translated = true;
    return walk(from, [&](const wire::field& field) {
        if (field.number == fields::reply_source_address) {
            to.reply_source.address = field.bytes;
        } else if (field.number == fields::reply_source_port) {
            to.reply_source.port = port_of(field);
        }
    });
}

bool read_peer(std::span<const std::uint8_t> from, decoded& to) {
    subject& other = to.peer_process;
    const bool whole = walk(from, [&](const wire::field& field) {
        switch (field.number) {
        case fields::peer_pid: other.pid = static_cast<std::uint32_t>(field.value); break;
        case fields::peer_create_time_unix_nano: other.process_start = field.value; break;
        case fields::peer_cgroup_id: other.cgroup_id = field.value; break;
        case fields::peer_container_id: other.container_id = field.text(); break;
        default: break;
        }
    });
    to.has_peer_process = other.pid != 0 || other.cgroup_id != 0 || !other.container_id.empty();
    return whole;
}

void take_process(const wire::field& field, subject& about) {
    switch (field.number) {
    case fields::pid: about.pid = about.pid != 0 ? about.pid : static_cast<std::uint32_t>(field.value); break;
    case fields::process_create_time_unix_nano:
        about.process_start = about.process_start != 0 ? about.process_start : field.value;
        break;
    case fields::cgroup_id: about.cgroup_id = about.cgroup_id != 0 ? about.cgroup_id : field.value; break;
    case fields::container_id:
        about.container_id = about.container_id.empty() ? field.text() : about.container_id;
        break;
    default: break;
    }
}

void take(const wire::field& field, decoded& to, facts& found) {
    switch (field.number) {
    case fields::local_address: to.local.address = field.bytes; break;
    case fields::local_port: to.local.port = port_of(field); break;
    case fields::peer_address: to.peer.address = field.bytes; break;
    case fields::peer_port: to.peer.port = port_of(field); break;
    case fields::connection_transport:
        to.protocol = field.value == static_cast<std::uint64_t>(fields::transport::udp) ? IPPROTO_UDP : IPPROTO_TCP;
        break;
    case fields::direction: found.direction = field.value; break;
    case fields::network_namespace: found.network_namespace = static_cast<std::uint32_t>(field.value); break;
    case fields::created_time_unix_nano: found.created = field.value; break;
    case fields::error_code: found.error = static_cast<std::uint32_t>(field.value); break;
    case fields::translation: found.is_whole = found.is_whole && read_translation(field.bytes, found); break;
    case fields::peer: found.is_whole = found.is_whole && read_peer(field.bytes, to); break;
    case fields::peer_names:
        if (to.name_count < decoded::most_names) {
            to.names[to.name_count++] = field.text();
        }
        break;
    default: take_process(field, to.about); break;
    }
}

// Addresses mean what they meant when the connection was made: an address may have changed hands since.
void place_ends(const facts& found, std::uint64_t event_time, decoded& to) {
    const std::uint64_t time = found.created != 0 ? found.created : event_time;
    const endpoint& real = found.is_translated ? found.reply_source : to.peer;
    if (const auto address = mapped(real.address)) {
        to.has_remote = true;
        to.actual = {*address, real.port, to.protocol, found.network_namespace, time, {}};
    }
    if (found.is_translated && found.direction != incoming) {
        if (const auto address = mapped(to.peer.address)) {
            to.has_dialled = true;
            to.dialled = {*address, to.peer.port, to.protocol, found.network_namespace, time, {}};
        }
    }
    to.peer_process.time = event_time;
}

void say_failure(const facts& found, decoded& to) {
    to.severity = severity::warn;
    add_endpoint(to.message_text.begin().add("connection to "), to.peer.address, to.peer.port);
    to.message_text.add(" failed");
    if (found.error != 0) {
        const char* name = ::strerrorname_np(static_cast<int>(found.error));
        to.message_text.add(": ");
        if (name != nullptr) {
            to.message_text.add(name);
        } else {
            to.message_text.add("errno ").add(found.error);
        }
    }
    to.message = to.message_text.view();
}

}  // namespace

verdict connection_event(const schema::envelope_view& from, decoded& to) {
    facts found;
    found.network_namespace = from.network_namespace;
    std::uint64_t kind = 0;
    bool has_connection = false;
    const bool whole = walk(from.data, [&](const wire::field& field) {
        if (field.number == fields::event_kind) {
            kind = field.value;
        } else if (field.number == fields::event_connection) {
            has_connection = true;
            found.is_whole =
                walk(field.bytes, [&](const wire::field& inner) { take(inner, to, found); }) && found.is_whole;
        }
    });
    if (!whole || !found.is_whole || !has_connection) {
        return verdict::malformed;
    }
    if (kind >= types.size()) {
        return verdict::unknown;
    }
    if (kind == 0) {
        to.fault = "kind";
        return verdict::malformed;
    }
    to.type = types[static_cast<std::size_t>(kind)];
    to.is_connection = true;
    place_ends(found, from.time, to);
    if (kind == static_cast<std::uint64_t>(fields::kind::failed)) {
        say_failure(found, to);
    }
    return verdict::event;
}

}  // namespace sonde::enrich_context::decode
