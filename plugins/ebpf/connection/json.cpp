// SPDX-License-Identifier: Apache-2.0
#include "ebpf/connection/json.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "common/json_text.hpp"

namespace sonde::ebpf::connection {
namespace {

// Members and elements of one text, with the commas where they belong.
class json_text {
public:
    void open(char bracket) {
        separate();
        out_.push_back(bracket);
    }
    void close(char bracket) { out_.push_back(bracket); }
    void key(std::string_view name) {
        separate();
        out_.append("\"").append(name).append("\":");
    }
    void member(std::string_view name, std::uint64_t value) {
        key(name);
        std::array<char, 24> digits{};
        out_.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
    }
    void member_if(std::string_view name, std::uint64_t value) {
        if (value != 0) {
            member(name, value);
        }
    }
    void flag(std::string_view name, bool value) {
        if (value) {
            key(name);
            out_.append("true");
        }
    }
    void text(std::string_view name, std::string_view value) {
        if (!value.empty()) {
            key(name);
            append(value);
        }
    }
    void ip(std::string_view name, const address& value, ip_family family) {
        key(name);
        out_.push_back('"');
        append_text(out_, value, family);
        out_.push_back('"');
    }
    void append(std::string_view value) {
        separate();
        common::append_json_string(out_, value);
    }
    [[nodiscard]] std::string take() { return std::move(out_); }

private:
    void separate() {
        if (!out_.empty() && out_.back() != '{' && out_.back() != '[' && out_.back() != ':') {
            out_.push_back(',');
        }
    }

    std::string out_;
};

constexpr std::array<std::string_view, 3> directions{"unknown", "outgoing", "incoming"};
constexpr std::array<std::string_view, 3> roles{"unknown", "client", "server"};
constexpr std::array<std::string_view, 4> kinds{"", "snapshot", "closed", "failed"};

void append_traffic(json_text& out, std::string_view name, const counters& of) {
    out.key(name);
    out.open('{');
    out.member("sent_bytes", of.sent_bytes);
    out.member("received_bytes", of.received_bytes);
    out.member("sent_packets", of.sent_packets);
    out.member("received_packets", of.received_packets);
    out.member_if("retransmits", of.retransmits);
    out.member_if("established", of.established);
    out.member_if("closed", of.closed);
    out.close('}');
}

void append_failures(json_text& out, const failure_counts& counts) {
    if (counts == failure_counts{}) {
        return;
    }
    out.key("failures");
    out.open('{');
    for (std::size_t i = 0; i < counts.size(); ++i) {
        out.member_if(std::to_string(failure_codes[i]), counts[i]);
    }
    out.close('}');
}

void append_process(json_text& out, const row& of, const clock_offsets& clock, lookups& known) {
    out.member_if("pid", of.pid);
    out.member_if("tid", of.tid);
    out.member_if("process_create_time_unix_nano", clock.from_boot(of.process_start));
    out.text("process_name", of.process_name());
    out.member_if("cgroup_id", of.cgroup_id);
    out.text("container_id", known.container(of.cgroup_id));
    out.member_if("network_namespace", of.who.key.network_namespace);
}

void append_surroundings(json_text& out, const delta& told, const clock_offsets& clock, lookups& known) {
    const row& of = *told.of;
    const ip_family family = of.who.key.family;
    if (told.nat != nullptr) {
        out.key("translation");
        out.open('{');
        out.ip("reply_source_address", told.nat->reply_source.ip, family);
        out.member("reply_source_port", told.nat->reply_source.port);
        out.ip("reply_destination_address", told.nat->reply_destination.ip, family);
        out.member("reply_destination_port", told.nat->reply_destination.port);
        out.close('}');
    }
    if (const auto next = known.gateway(of)) {
        out.key("gateway");
        out.open('{');
        out.ip("address", next->ip, next->family);
        out.member("interface_index", next->interface_index);
        out.close('}');
    }
    out.flag("intra_host", told.is_intra_host);
    if (told.peer != nullptr) {
        out.key("peer");
        out.open('{');
        append_process(out, *told.peer, clock, known);
        out.close('}');
    }
}

void append_connection(json_text& out, const delta& told, const clock_offsets& clock, lookups& known) {
    const row& of = *told.of;
    const tuple& key = of.who.key;
    out.open('{');
    out.text("kind", kinds[static_cast<std::size_t>(kind_of(told))]);
    out.text("transport", key.protocol == transport::tcp ? "tcp" : "udp");
    out.text("type", key.family == ip_family::ipv4 ? "ipv4" : "ipv6");
    out.text("protocol_name", known.protocol(of));
    out.ip("local_address", key.local.ip, key.family);
    out.member("local_port", told.local_port);
    out.ip("peer_address", key.remote.ip, key.family);
    out.member("peer_port", told.remote_port);
    out.text("direction", directions[static_cast<std::size_t>(told.way)]);
    out.text("role", roles[static_cast<std::size_t>(role_of(told.way))]);
    out.member_if("state", of.state);
    append_process(out, of, clock, known);
    append_traffic(out, "total", *told.total);
    append_traffic(out, "delta", told.last);
    out.member_if("rtt", told.rtt);
    out.member_if("rtt_variation", told.rtt_variation);
    out.member_if("created_time_unix_nano", clock.from_monotonic(of.created));
    out.member_if("established_time_unix_nano", clock.from_monotonic(of.established));
    out.member_if("ended_time_unix_nano", clock.from_monotonic(of.ended));
    out.member_if("error_code", of.error);
    append_failures(out, told.failures);
    out.flag("existed", of.has_existed);
    out.flag("closed", of.is_closed);
    out.member("merged", told.merged);
    append_surroundings(out, told, clock, known);
    bool is_open = false;
    known.names(of, [&](std::string_view name) {
        if (!std::exchange(is_open, true)) {
            out.key("peer_names");
            out.open('[');
        }
        out.append(name);
    });
    if (is_open) {
        out.close(']');
    }
    out.close('}');
}

void append_edge(json_text& out, const edge& of) {
    out.open('{');
    out.ip("client_address", of.client_ip, of.family);
    out.member_if("client_pid", of.client == nullptr ? 0 : of.client->pid);
    out.text("client_process_name", of.client == nullptr ? std::string_view{} : of.client->process_name());
    out.ip("server_address", of.server_end.ip, of.family);
    out.member("server_port", of.server_end.port);
    out.member_if("server_pid", of.server == nullptr ? 0 : of.server->pid);
    out.text("server_process_name", of.server == nullptr ? std::string_view{} : of.server->process_name());
    out.text("transport", of.protocol == transport::tcp ? "tcp" : "udp");
    out.member("connections", of.connections);
    out.member("observations", of.observations);
    append_traffic(out, "traffic", of.traffic);
    append_failures(out, of.failures);
    out.close('}');
}

void append_counters(json_text& out, const tracker& of) {
    const table_stats& table = of.connections().stats();
    const client_stats clients = of.listeners().stats();
    const tracker_stats& own = of.stats();
    out.key("counters");
    out.open('{');
    out.member("closes", own.closes);
    out.member("failures", own.failures);
    out.member("excluded", own.excluded);
    for (std::size_t i = 0; i < own.malformed.size(); ++i) {
        out.member_if("malformed_" + std::string(name(static_cast<malformed>(i))), own.malformed[i]);
    }
    out.member("overflow_tcp", table.overflow_tcp);
    out.member("overflow_udp", table.overflow_udp);
    out.member("stale", table.stale);
    out.member("repeated", table.repeated);
    out.member("vanished", table.vanished);
    out.member("expired", table.expired);
    out.member("closed_dropped_tcp", clients.closed.dropped_tcp);
    out.member("closed_dropped_udp", clients.closed.dropped_udp);
    out.member("closed_dropped_failed", clients.closed.dropped_failed);
    out.member("client_no_room", clients.no_room);
    out.member("client_collisions", clients.collisions);
    out.member("client_underflows", clients.underflows);
    out.member("client_corrupt", clients.corrupt);
    out.member("clients_idle", clients.idle);
    out.member("clients_refused", clients.refused);
    out.close('}');
}

}  // namespace

std::string connections_json(std::span<const delta> told, const clock_offsets& clock, lookups& known,
                             std::size_t limit) {
    json_text out;
    out.open('{');
    out.member("count", told.size());
    out.key("connections");
    out.open('[');
    for (const delta& one : told.first(std::min(limit, told.size()))) {
        append_connection(out, one, clock, known);
    }
    out.close(']');
    out.close('}');
    return out.take();
}

std::string check_json(const tracker& of, std::span<const delta> told, std::size_t limit) {
    json_text out;
    out.open('{');
    out.member("tracked", of.connections().live());
    out.member("max_tracked", of.connections().settings().max_tracked);
    out.member("clients", of.listeners().size());
    append_counters(out, of);
    out.key("edges");
    out.open('[');
    const std::vector<edge> found = edges(told);
    for (const edge& one : std::span(found).first(std::min(limit, found.size()))) {
        append_edge(out, one);
    }
    out.close(']');
    out.close('}');
    return out.take();
}

}  // namespace sonde::ebpf::connection
