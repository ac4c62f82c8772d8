// SPDX-License-Identifier: Apache-2.0
// The entry of k8s.so.
#include <sonde/plugin.hpp>

#include "k8s/collector.hpp"

SONDE_PLUGIN("io.sonde.k8s", "0.1.0", "sonde", "Apache-2.0", sonde::k8s::collector)
