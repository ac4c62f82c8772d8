// SPDX-License-Identifier: Apache-2.0
// The entry of prometheus.so.
#include <sonde/plugin.hpp>

#include "prometheus/collector.hpp"

SONDE_PLUGIN("io.sonde.prometheus", "0.1.0", "sonde", "Apache-2.0", sonde::prometheus::collector)
