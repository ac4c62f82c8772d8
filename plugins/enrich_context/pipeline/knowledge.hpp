// SPDX-License-Identifier: Apache-2.0
// What the pipeline needs of the entity store, so that it can be tested with a fake one.
#pragma once

#include <cstdint>

#include "enrich_context/store/seam.hpp"

namespace sonde::enrich_context::pipeline {

// Answers stay valid until the same function is called again, or the store learns something.
class knowledge {
public:
    virtual ~knowledge() = default;
    [[nodiscard]] virtual answer find(const subject& who) = 0;
    [[nodiscard]] virtual answer find_peer(const remote& where) = 0;
    // Grows with everything that is learned.
    [[nodiscard]] virtual std::uint64_t revision() const = 0;
};

}  // namespace sonde::enrich_context::pipeline
