// SPDX-License-Identifier: Apache-2.0
// Changes of state of a systemd unit, which its collector tells with the state before.
#pragma once

#include <cstdint>
#include <vector>

#include <sonde/schema/batch.hpp>

namespace sonde::enrich_context::pipeline {

// Puts those that a well-formed sonde.v1.SystemdUnitEvent tells behind the fields of a UnifiedEvent that `to` has.
void append_unit_changes(const schema::envelope_view& raw, std::vector<std::uint8_t>& to);

}  // namespace sonde::enrich_context::pipeline
