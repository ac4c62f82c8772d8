// SPDX-License-Identifier: Apache-2.0
// The entry of cni.so.
#include <sonde/plugin.hpp>

#include "cni/collector.hpp"

SONDE_PLUGIN("io.sonde.cni", "0.1.0", "sonde", "Apache-2.0", sonde::cni::collector)
