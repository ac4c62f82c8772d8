// SPDX-License-Identifier: Apache-2.0
#include "ebpf/connection/event_writer.hpp"

#include "common/valid_utf8.hpp"

namespace sonde::ebpf::connection {
namespace {

void write_address(wire::writer& out, std::uint32_t field, const address& ip, ip_family family) {
    out.bytes(field, octets(ip, family));
}

void fixed64_if(wire::writer& out, std::uint32_t field, std::uint64_t value) {
    if (value != 0) {
        out.fixed64(field, value);
    }
}

void write_traffic(wire::writer& out, std::uint32_t field, const counters& of) {
    out.message(field, [&] {
        out.uint_if(schema::traffic_sent_bytes, of.sent_bytes);
        out.uint_if(schema::traffic_received_bytes, of.received_bytes);
        out.uint_if(schema::traffic_sent_packets, of.sent_packets);
        out.uint_if(schema::traffic_received_packets, of.received_packets);
        out.uint_if(schema::traffic_retransmits, of.retransmits);
        out.uint_if(schema::traffic_established, of.established);
        out.uint_if(schema::traffic_closed, of.closed);
    });
}

void write_tuple(wire::writer& out, const delta& of) {
    const tuple& key = of.of->who.key;
    write_address(out, schema::local_address, key.local.ip, key.family);
    out.uint_if(schema::local_port, of.local_port);
    write_address(out, schema::peer_address, key.remote.ip, key.family);
    out.uint_if(schema::peer_port, of.remote_port);
    out.uint(
        schema::connection_transport,
        static_cast<std::uint64_t>(key.protocol == transport::tcp ? schema::transport::tcp : schema::transport::udp));
    out.uint(schema::type, static_cast<std::uint64_t>(key.family == ip_family::ipv4 ? schema::network_type::ipv4
                                                                                    : schema::network_type::ipv6));
    out.uint_if(schema::direction, static_cast<std::uint64_t>(of.way));
    out.uint_if(schema::role, static_cast<std::uint64_t>(role_of(of.way)));
    out.uint_if(schema::state, of.of->state);
}

void write_failures(wire::writer& out, const failure_counts& counts) {
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] == 0) {
            continue;
        }
        out.message(schema::failures, [&] {
            out.uint(schema::failure_error_code, failure_codes[i]);
            out.uint(schema::failure_count, counts[i]);
        });
    }
}

void write_translation(wire::writer& out, const translation& of, ip_family family) {
    out.message(schema::translation, [&] {
        write_address(out, schema::reply_source_address, of.reply_source.ip, family);
        out.uint_if(schema::reply_source_port, of.reply_source.port);
        write_address(out, schema::reply_destination_address, of.reply_destination.ip, family);
        out.uint_if(schema::reply_destination_port, of.reply_destination.port);
    });
}

}  // namespace

schema::kind kind_of(const delta& of) noexcept {
    if (of.of->is_failed) {
        return schema::kind::failed;
    }
    return of.of->is_closed ? schema::kind::closed : schema::kind::snapshot;
}

void event_writer::write(wire::writer& out, const delta& of) {
    out.uint(schema::event_kind, static_cast<std::uint64_t>(kind_of(of)));
    out.message(schema::event_connection, [&] { write_connection(out, of); });
}

// In the order of their numbers, which readers need not sort then.
void event_writer::write_connection(wire::writer& out, const delta& of) {
    const row& whole = *of.of;
    write_tuple(out, of);
    write_process(out, whole);
    out.uint_if(schema::network_namespace, whole.who.key.network_namespace);
    write_traffic(out, schema::total, *of.total);
    write_traffic(out, schema::delta, of.last);
    out.uint_if(schema::rtt, of.rtt);
    out.uint_if(schema::rtt_variation, of.rtt_variation);
    fixed64_if(out, schema::created_time_unix_nano, clock_.from_monotonic(whole.created));
    fixed64_if(out, schema::established_time_unix_nano, clock_.from_monotonic(whole.established));
    fixed64_if(out, schema::ended_time_unix_nano, clock_.from_monotonic(whole.ended));
    out.uint_if(schema::error_code, whole.error);
    write_failures(out, of.failures);
    out.uint_if(schema::existed, whole.has_existed ? 1 : 0);
    out.uint_if(schema::closed, whole.is_closed ? 1 : 0);
    out.uint(schema::merged, of.merged);
    write_surroundings(out, of);
    if (of.merged == 1) {
        out.fixed64(schema::socket_cookie, whole.who.cookie);
    }
    out.text_if(schema::protocol_name, known_.protocol(whole));
}

void event_writer::write_process(wire::writer& out, const row& of) {
    out.uint_if(schema::pid, of.pid);
    out.uint_if(schema::tid, of.tid);
    fixed64_if(out, schema::process_create_time_unix_nano, clock_.from_boot(of.process_start));
    text(out, schema::process_name, of.process_name());
    out.uint_if(schema::cgroup_id, of.cgroup_id);
    out.text_if(schema::container_id, known_.container(of.cgroup_id));
}

void event_writer::write_surroundings(wire::writer& out, const delta& of) {
    const row& whole = *of.of;
    if (of.nat != nullptr) {
        write_translation(out, *of.nat, whole.who.key.family);
    }
    if (const auto next = known_.gateway(whole)) {
        out.message(schema::gateway, [&] {
            write_address(out, schema::gateway_address, next->ip, next->family);
            out.uint_if(schema::gateway_interface_index, next->interface_index);
        });
    }
    out.uint_if(schema::intra_host, of.is_intra_host ? 1 : 0);
    if (of.peer != nullptr) {
        out.message(schema::peer, [&] { write_peer(out, *of.peer); });
    }
    known_.names(whole, [&](std::string_view name) { text(out, schema::peer_names, name); });
}

void event_writer::write_peer(wire::writer& out, const row& of) {
    out.uint_if(schema::peer_pid, of.pid);
    fixed64_if(out, schema::peer_create_time_unix_nano, clock_.from_boot(of.process_start));
    text(out, schema::peer_process_name, of.process_name());
    out.uint_if(schema::peer_cgroup_id, of.cgroup_id);
    out.text_if(schema::peer_container_id, known_.container(of.cgroup_id));
    out.uint_if(schema::peer_network_namespace, of.who.key.network_namespace);
}

void event_writer::text(wire::writer& out, std::uint32_t field, std::string_view value) {
    out.text_if(field, common::valid_utf8(value, scratch_));
}

}  // namespace sonde::ebpf::connection
