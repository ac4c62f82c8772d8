// SPDX-License-Identifier: Apache-2.0
// The entry of process.so.
#include <sonde/plugin.hpp>

#include "process/collector.hpp"

SONDE_PLUGIN("io.sonde.process", "0.1.0", "sonde", "Apache-2.0", sonde::process::collector)
