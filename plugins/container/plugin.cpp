// SPDX-License-Identifier: Apache-2.0
// The entry of container.so.
#include <sonde/plugin.hpp>

#include "container/collector.hpp"

SONDE_PLUGIN("io.sonde.container", "0.1.0", "sonde", "Apache-2.0", sonde::container::collector)
