// SPDX-License-Identifier: Apache-2.0
// Everything that is known of processes, containers, pods, services, nodes and workloads, learned from raw envelopes
// alone. Answers are right, or empty with a reason: pids, addresses and names of pods are reused, so each is asked for
// at a time. Bounded in all tables. Single-threaded: the thread that owns it makes all calls; nothing here blocks.
// docs/formats/entity.md describes keys, lives and reasons.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include <sonde/schema/batch.hpp>

#include "enrich_context/store/seam.hpp"
#include "enrich_context/store/settings.hpp"
#include "enrich_context/store/told.hpp"

namespace sonde::enrich_context {

// A walk over all entities for a late subscriber: each once, then a mark per kind. The store may change meanwhile; what
// changes is told as a change as well.
struct snapshot_position {
    std::uint32_t kind = 1;
    std::uint32_t slot = 0;
};

class entity_store final {
public:
    explicit entity_store(store_settings settings);
    ~entity_store();
    entity_store(entity_store&&) noexcept;
    entity_store& operator=(entity_store&&) noexcept;

    // Learns what a raw envelope tells: sonde.v1.ProcessEvent, ConnectionEvent, ContainerEvent and KubernetesObject;
    // all others are events and nothing is learned. `now` is Unix time.
    [[nodiscard]] taken take(const schema::envelope_view& envelope, std::chrono::nanoseconds now);

    // Look-ups neither allocate nor lock. An answer is valid until the next call of the same function, or of `take`,
    // `tick` or one that tells entities: the context and the peer of one event can be held at the same time.
    [[nodiscard]] answer find(const subject& who);
    [[nodiscard]] answer find_peer(const remote& where);

    // What an object that the last `take` took tells beside its context: which of its states changed, and how many of
    // something it should have and has. Fields of a sonde.v1.UnifiedEvent; valid until the next call or `take`.
    [[nodiscard]] std::span<const std::uint8_t> object_sections(const schema::envelope_view& of);

    // The oldest change that was not told yet, or null. Several changes of one entity before it is told are told once.
    [[nodiscard]] const told_entity* next_change();
    // The next entity of a snapshot, or null at its end.
    [[nodiscard]] const told_entity* next_of(snapshot_position& at);

    // Forgets those whose time after their end is over. To be called about each second.
    void tick(std::chrono::nanoseconds now);

    [[nodiscard]] store_stats stats() const;

private:
    class state;
    std::unique_ptr<state> state_;
};

}  // namespace sonde::enrich_context
