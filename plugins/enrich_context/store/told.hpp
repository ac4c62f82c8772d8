// SPDX-License-Identifier: Apache-2.0
// What the store tells of its entities, and its figures. Passive types.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace sonde::enrich_context {

// Numbered as sonde.v1.EntityKind.
enum class entity_kind : std::uint8_t {
    none = 0,
    host = 1,
    process = 2,
    container = 3,
    pod = 4,
    service = 5,
    node = 6,
    workload = 7,
    name_space = 8,
};
inline constexpr std::size_t entity_kind_count = 9;

// Numbered as sonde.v1.EntityEvent.Action.
enum class entity_action : std::uint8_t { none = 0, set = 1, deleted = 2, synced = 3 };

// One entity event; all of it is valid until the store is asked or told anything again.
struct told_entity {
    entity_kind kind = entity_kind::none;
    entity_action action = entity_action::none;
    std::string_view key;                // empty for a synced mark
    std::span<const std::uint8_t> data;  // a sonde.v1.EntityEvent
};

// What became of an envelope. `state` and `event` may both be true: a pod that came is an event too.
struct taken {
    bool state = false;       // the store learned from it, or would have, had it been news
    bool event = false;       // something happened: to be forwarded
    bool malformed = false;   // its payload could not be decoded, nothing was learned; counted
    bool is_untaken = false;  // its host is one too many, nothing was learned; counted
};

struct table_stats {
    std::uint64_t limit = 0;
    std::uint64_t entities = 0;  // with those that are gone and still remembered
    std::uint64_t deleted = 0;   // of these, gone
    std::uint64_t evicted = 0;   // given up for want of room, since the start
};

struct store_stats {
    std::array<table_stats, entity_kind_count> kinds{};  // by entity_kind
    table_stats endpoints;
    table_stats cgroups;
    table_stats local_ports;
    std::uint64_t taken = 0;           // envelopes
    std::uint64_t malformed = 0;       // of these, not decodable
    std::uint64_t outdated = 0;        // older than what was known already
    std::uint64_t unchanged = 0;       // told again, and equal
    std::uint64_t untaken = 0;         // of a host beyond the limit
    std::uint64_t hosts = 0;           // whose collectors tell, with this one
    std::uint64_t lookups = 0;         // find and find_peer
    std::uint64_t found = 0;           // of these, with an entity
    std::uint64_t revision = 0;        // of the store, see sonde.v1.EntityEvent.revision
    std::uint64_t lost_changes = 0;    // last words of entities that nobody came to hear
    std::uint64_t refused_claims = 0;  // addresses that were not kept for want of room
    std::uint64_t texts = 0;           // different texts kept
    std::uint64_t text_bytes = 0;
};

}  // namespace sonde::enrich_context
