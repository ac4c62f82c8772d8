// SPDX-License-Identifier: Apache-2.0
#include "relay/receive_meters.hpp"

namespace sonde::relay {
namespace {

constexpr const char* dropped_name = "receive_raw.dropped.events";
constexpr const char* dropped_help = "Events that were received and not published, by reason";
constexpr const char* refused = "receive_raw.refused";
constexpr const char* refused_help = "Calls that were refused or ended, by reason";

}  // namespace

receive_meters::receive_meters(const host& on)
    : published(on.make_counter("receive_raw.published.events", "{event}", "Events of other agents, published here")),
      dropped(on.make_counter(dropped_name, "{event}", dropped_help, {{"reason", "lane"}})),
      malformed(on.make_counter(dropped_name, "{event}", dropped_help, {{"reason", "malformed"}})),
      requests(on.make_counter("receive_raw.requests", "{request}", "Requests with events that were taken")),
      repeated(on.make_counter("receive_raw.repeated.requests", "{request}", "Requests that had been taken before")),
      waits(on.make_counter("receive_raw.waits", "{wait}", "How often the lane had no room for a while")),
      states(on.make_counter("receive_raw.states", "{request}", "How often a sender was asked for its state")),
      clients(on.make_gauge("receive_raw.clients", "{client}", "Senders that are connected")),
      calls(on.make_counter("receive_raw.calls", "{call}", "Calls that came")),
      unauthenticated(on.make_counter(refused, "{call}", refused_help, {{"reason", "unauthenticated"}})),
      too_many(on.make_counter(refused, "{call}", refused_help, {{"reason", "client_limit"}})),
      invalid(on.make_counter(refused, "{call}", refused_help, {{"reason", "invalid"}})) {}

}  // namespace sonde::relay
