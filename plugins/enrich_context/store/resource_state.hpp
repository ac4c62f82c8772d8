// SPDX-License-Identifier: Apache-2.0
// The section of an event that says what an object should have and what it has. Internal to the store.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "enrich_context/store/object_facts.hpp"

namespace sonde::enrich_context::store {

// Puts the section of a sonde.v1.KubernetesObject that came or changed behind the fields that `to` has, if it has one.
void append_resource_state(object_reader& reader, std::span<const std::uint8_t> object, std::vector<std::uint8_t>& to);

}  // namespace sonde::enrich_context::store
