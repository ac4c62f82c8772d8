// SPDX-License-Identifier: Apache-2.0
// What the pipeline needs of the entity store, so that it can be tested with a fake one.
#pragma once

#include <cstdint>
#include <span>

#include <sonde/schema/batch.hpp>

#include "enrich_context/store/seam.hpp"

namespace sonde::enrich_context::pipeline {

// Answers stay valid until the same function is called again, or the store learns something.
class knowledge {
public:
    virtual ~knowledge() = default;
    [[nodiscard]] virtual answer find(const subject& who) = 0;
    [[nodiscard]] virtual answer find_peer(const remote& where) = 0;
    // Fields of a sonde.v1.UnifiedEvent that an object of Kubernetes tells beside its context, if the store has just
    // taken it.
    [[nodiscard]] virtual std::span<const std::uint8_t> object_sections(const schema::envelope_view&) { return {}; }
    // Grows with everything that is learned.
    [[nodiscard]] virtual std::uint64_t revision() const = 0;
};

}  // namespace sonde::enrich_context::pipeline
