// SPDX-License-Identifier: Apache-2.0
// The entry of ebpf.so.
#include <sonde/plugin.hpp>

#include "ebpf/collector.hpp"

SONDE_PLUGIN("io.sonde.ebpf", "0.1.0", "sonde", "Apache-2.0", sonde::ebpf::collector)
