// SPDX-License-Identifier: Apache-2.0
// The entry of serve_entities.so.
#include <sonde/plugin.hpp>

#include "serve_entities/encoder.hpp"

SONDE_PLUGIN("io.sonde.serve_entities", "0.1.0", "sonde", "Apache-2.0", sonde::serve_entities::encoder)
