// SPDX-License-Identifier: Apache-2.0
#include "relay/forward_meters.hpp"

namespace sonde::relay {
namespace {

constexpr const char* dropped = "forward_raw.dropped.events";
constexpr const char* dropped_help = "Events that were not delivered, by reason";

}  // namespace

forward_meters::forward_meters(const host& on)
    : taken(on.make_counter("forward_raw.taken.events", "{event}", "Events taken from the bus")),
      delivered(on.make_counter("forward_raw.delivered.events", "{event}", "Events that the receiver acknowledged")),
      full(on.make_counter(dropped, "{event}", dropped_help, {{"reason", "buffer_full"}})),
      oversize(on.make_counter(dropped, "{event}", dropped_help, {{"reason", "oversize"}})),
      unwanted(on.make_counter(dropped, "{event}", dropped_help, {{"reason", "unwanted"}})),
      malformed(on.make_counter(dropped, "{event}", dropped_help, {{"reason", "malformed"}})),
      shutdown(on.make_counter(dropped, "{event}", dropped_help, {{"reason", "shutdown"}})),
      waiting(on.make_gauge("forward_raw.waiting.events", "{event}", "Events that are not acknowledged")),
      memory(on.make_gauge("forward_raw.memory", "By", "Memory of what waits and of what is kept")),
      requests(on.make_counter("forward_raw.requests", "{request}", "Requests sent, repeated ones too")),
      repeated(on.make_counter("forward_raw.repeated.requests", "{request}", "Requests sent again after a reconnect")),
      attempts(on.make_counter("forward_raw.attempts", "{attempt}", "Attempts to reach the receiver")),
      failures(on.make_counter("forward_raw.failures", "{attempt}", "Calls that ended or never began")),
      states(on.make_counter("forward_raw.states", "{request}", "How often the receiver wanted the state anew")),
      is_connected(on.make_gauge("forward_raw.connected", "", "1 while the receiver takes events")),
      pause(on.make_gauge("forward_raw.pause", "ns", "Pause before the next attempt; 0 while there is a call")) {}

}  // namespace sonde::relay
