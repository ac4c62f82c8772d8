// SPDX-License-Identifier: Apache-2.0
// The entry of host.so.
#include <sonde/plugin.hpp>

#include "host/collector.hpp"

SONDE_PLUGIN("io.sonde.host", "0.1.0", "sonde", "Apache-2.0", sonde::host_metrics::collector)
