// SPDX-License-Identifier: Apache-2.0
// What a component does on the bus.
#pragma once

#include <cstdint>

#include <sonde/abi/component.h>

namespace sonde {

enum class role : std::uint32_t {
    collector = SONDE_ROLE_COLLECTOR,  // produces raw envelopes
    enricher = SONDE_ROLE_ENRICHER,    // takes batches and produces others
    encoder = SONDE_ROLE_ENCODER,      // takes batches and writes them elsewhere
};

}  // namespace sonde
