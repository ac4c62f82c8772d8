// SPDX-License-Identifier: Apache-2.0
// The entry of enrich_context.so.
#include <sonde/plugin.hpp>

#include "enrich_context/enricher.hpp"

SONDE_PLUGIN("io.sonde.enrich_context", "0.1.0", "sonde", "Apache-2.0", sonde::enrich_context::enricher)
