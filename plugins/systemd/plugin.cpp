// SPDX-License-Identifier: Apache-2.0
// The entry of systemd.so.
#include <sonde/plugin.hpp>

#include "systemd/collector.hpp"

SONDE_PLUGIN("io.sonde.systemd", "0.1.0", "sonde", "Apache-2.0", sonde::systemd::collector)
