// SPDX-License-Identifier: Apache-2.0
// Sections of a unified event that only some events have: changes of state, desired against actual state, quantiles.
// Read once, when the event comes: what an object was before is known only then. An event without them costs one look
// at what its body is.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <sonde/schema/batch.hpp>

#include "enrich_context/decode/decoded.hpp"
#include "enrich_context/pipeline/knowledge.hpp"

namespace sonde::enrich_context::pipeline {

class event_sections final {
public:
    void read(const schema::envelope_view& raw, const decode::decoded& what, knowledge& in);
    // Fields of a sonde.v1.UnifiedEvent; mostly none.
    [[nodiscard]] std::span<const std::uint8_t> bytes() const noexcept { return bytes_; }

private:
    std::vector<std::uint8_t> bytes_;
};

}  // namespace sonde::enrich_context::pipeline
