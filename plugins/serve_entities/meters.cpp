// SPDX-License-Identifier: Apache-2.0
#include "serve_entities/meters.hpp"

namespace sonde::serve_entities {
namespace {

constexpr const char* events = "serve_entities.events";
constexpr const char* events_help = "Events of the sources, by what became of them";
constexpr const char* refused = "serve_entities.refused";
constexpr const char* refused_help = "Calls that were refused, by reason";

}  // namespace

meters::meters(const host& on)
    : set(on.make_counter(events, "{event}", events_help, {{"result", "set"}})),
      deleted(on.make_counter(events, "{event}", events_help, {{"result", "deleted"}})),
      silent(on.make_counter(events, "{event}", events_help, {{"result", "silent"}})),
      stale(on.make_counter(events, "{event}", events_help, {{"result", "stale"}})),
      full(on.make_counter(events, "{event}", events_help, {{"result", "full"}})),
      malformed(on.make_counter(events, "{event}", events_help, {{"result", "malformed"}})),
      entities(on.make_gauge("serve_entities.entities", "{entity}", "Entities that are kept")),
      clients(on.make_gauge("serve_entities.clients", "{client}", "Streams that are open")),
      calls(on.make_counter("serve_entities.calls", "{call}", "Calls that came")),
      unauthenticated(on.make_counter(refused, "{call}", refused_help, {{"reason", "unauthenticated"}})),
      too_many(on.make_counter(refused, "{call}", refused_help, {{"reason", "client_limit"}})),
      invalid(on.make_counter(refused, "{call}", refused_help, {{"reason", "invalid"}})),
      overflows(on.make_counter("serve_entities.overflows", "{client}", "Clients that were slower than the changes")),
      messages(on.make_counter("serve_entities.messages", "{message}", "Messages sent to clients")),
      bytes(on.make_counter("serve_entities.bytes", "By", "Bytes of them")) {}

}  // namespace sonde::serve_entities
