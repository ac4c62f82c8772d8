// SPDX-License-Identifier: Apache-2.0
#include "ebpf/payload/payload_meters.hpp"

#include <utility>

namespace sonde::ebpf::payload {
namespace {

constexpr const char* dropped = "ebpf.http.dropped";
constexpr const char* dropped_text = "Requests, responses or connections of HTTP that were not counted, by reason";

}  // namespace

payload_meters::payload_meters(const host& on)
    : connections_(on.make_gauge("ebpf.payload.connections", "{connection}", "Connections that are listened to")),
      routes_(on.make_gauge("ebpf.http.routes", "{route}", "Routes of all servers that are counted")),
      untold_(on.make_counter("ebpf.protocol.dropped", "{connection}",
                              "Connections whose protocol was found, but not kept for want of room")) {
    follow(on.make_counter("ebpf.http.exchanges", "{request}", "Requests of HTTP with their responses"),
           [](const conversations& of) { return of.statistics().counts().exchanges; });
    follow_protocols(on);
    follow_losses(on);
    follow_refusals(on);
}

void payload_meters::follow_protocols(const host& on) {
    for (std::size_t i = 0; i < protocol::kinds; ++i) {
        follow(on.make_counter("ebpf.protocol.connections", "{connection}",
                               "Ends of connections by the protocol that they were found to speak",
                               {{"protocol", protocol::name(static_cast<protocol::kind>(i))}}),
               [i](const conversations& of) { return of.counts().by_kind[i]; });
    }
}

void payload_meters::follow_losses(const host& on) {
    const auto because = [&](std::string_view reason, reader read) {
        follow(on.make_counter(dropped, "{event}", dropped_text, {{"reason", reason}}), std::move(read));
    };
    because("table_full", [](const conversations& of) { return of.counts().table_full; });
    because("services_full", [](const conversations& of) { return of.statistics().counts().dropped_services; });
    because("rows_full", [](const conversations& of) { return of.statistics().counts().dropped_rows; });
    because("routes_full", [](const conversations& of) { return of.statistics().routes().counts().others; });
    because("outstanding_full", [](const conversations& of) { return of.exchanges().dropped_requests; });
    because("unmatched", [](const conversations& of) { return of.exchanges().unmatched_responses; });
    because("unanswered", [](const conversations& of) { return of.counts().unanswered; });
    because("lost_head", [](const conversations& of) { return of.exchanges().lost_heads; });
}

void payload_meters::follow_refusals(const host& on) {
    for (std::size_t i = 1; i < protocol::head_refusal_kinds; ++i) {
        follow(on.make_counter("ebpf.http.refused", "{message}", "Heads of HTTP that could not be read, by reason",
                               {{"reason", protocol::name(static_cast<protocol::head_refusal>(i))}}),
               [i](const conversations& of) { return of.exchanges().refused[i]; });
    }
}

void payload_meters::count(const conversations& of, const connection_kinds* kinds) {
    for (followed& each : followed_) {
        const std::uint64_t now = each.read(of);
        each.meter.add(now - std::exchange(each.before, now));
    }
    connections_.set(static_cast<std::int64_t>(of.size()));
    routes_.set(static_cast<std::int64_t>(of.statistics().rows()));
    if (kinds != nullptr) {
        untold_.add(kinds->dropped() - std::exchange(untold_before_, kinds->dropped()));
    }
}

}  // namespace sonde::ebpf::payload
