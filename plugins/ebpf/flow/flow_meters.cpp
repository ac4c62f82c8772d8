// SPDX-License-Identifier: Apache-2.0
#include "ebpf/flow/flow_meters.hpp"

#include <numeric>

namespace sonde::ebpf::flow {
namespace {

using connection::tracker;
using dns::monitor;

constexpr const char* dropped = "ebpf.connections.dropped";
constexpr const char* dropped_text = "Connections, or changes of them, that were not told, by reason";
constexpr const char* dns_dropped = "ebpf.dns.dropped";
constexpr const char* dns_dropped_text = "DNS messages, or parts of what they say, that were not used, by reason";

template <class Counts>
std::uint64_t sum(const Counts& of) {
    return std::accumulate(of.begin(), of.end(), std::uint64_t{0});
}

}  // namespace

flow_meters::flow_meters(const host& on)
    : tracked_(on.make_gauge("ebpf.connections.tracked", "{connection}", "Live connections in the table")),
      names_(on.make_gauge("ebpf.dns.names", "{address}", "Addresses whose names are known")),
      walk_time_(on.make_gauge("ebpf.walk.duration", "ns", "Duration of the last walk over all connections")),
      walk_records_(on.make_gauge("ebpf.walk.records", "{connection}", "Connections that the last walk came by")),
      walk_failures_(on.make_counter("ebpf.walk.failures", "{walk}", "Walks that the kernel broke off")) {
    follow(on.make_counter("ebpf.connections.closed", "{connection}", "Connections that ended"),
           [](const tracker& of, monitor&) { return of.stats().closes; });
    follow(on.make_counter("ebpf.connections.failed", "{connection}", "Connections that were never established"),
           [](const tracker& of, monitor&) { return of.stats().failures; });
    follow(on.make_counter("ebpf.connections.excluded", "{record}", "Records left out by configuration"),
           [](const tracker& of, monitor&) { return of.stats().excluded; });
    follow_losses(on);
    follow_dns(on);
}

void flow_meters::follow_losses(const host& on) {
    const auto because = [&](std::string_view reason, reader read) {
        follow(on.make_counter(dropped, "{connection}", dropped_text, {{"reason", reason}}), std::move(read));
    };
    because("malformed", [](const tracker& of, monitor&) { return sum(of.stats().malformed); });
    because("table_full", [](const tracker& of, monitor&) {
        return of.connections().stats().overflow_tcp + of.connections().stats().overflow_udp;
    });
    because("client_full", [](const tracker& of, monitor&) {
        const auto stats = of.listeners().stats();
        return stats.no_room + stats.closed.dropped_tcp + stats.closed.dropped_udp + stats.closed.dropped_failed;
    });
    because("collision", [](const tracker& of, monitor&) { return of.listeners().stats().collisions; });
    because("underflow", [](const tracker& of, monitor&) { return of.listeners().stats().underflows; });
    because("corrupt", [](const tracker& of, monitor&) { return of.listeners().stats().corrupt; });
}

void flow_meters::follow_dns(const host& on) {
    follow(on.make_counter("ebpf.dns.messages", "{message}", "DNS messages that were read"),
           [](const tracker&, monitor& of) { return of.counts().messages; });
    const auto because = [&](std::string_view reason, reader read) {
        follow(on.make_counter(dns_dropped, "{message}", dns_dropped_text, {{"reason", reason}}), std::move(read));
    };
    because("refused", [](const tracker&, monitor& of) { return sum(of.counts().refused); });
    because("cut", [](const tracker&, monitor& of) { return of.counts().cut; });
    because("stream_lost",
            [](const tracker&, monitor& of) { return of.counts().lost_streams + of.counts().dropped_streams; });
    because("unmatched", [](const tracker&, monitor& of) { return of.stats().counts().unmatched; });
    because("table_full", [](const tracker&, monitor& of) {
        return of.stats().counts().dropped_queries + of.stats().counts().dropped_rows;
    });
    because("names_full", [](const tracker&, monitor& of) {
        const auto& counts = of.known_names().counts();
        return counts.dropped_addresses + counts.dropped_names;
    });
}

void flow_meters::count(const tracker& of, monitor& names) {
    for (followed& each : followed_) {
        const std::uint64_t now = each.read(of, names);
        each.meter.add(now - each.before);
        each.before = now;
    }
    tracked_.set(static_cast<std::int64_t>(of.connections().live()));
    names_.set(static_cast<std::int64_t>(names.known_names().size()));
}

}  // namespace sonde::ebpf::flow
