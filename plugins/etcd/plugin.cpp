// SPDX-License-Identifier: Apache-2.0
// The entry of etcd.so.
#include <sonde/plugin.hpp>

#include "etcd/collector.hpp"

SONDE_PLUGIN("io.sonde.etcd", "0.1.0", "sonde", "Apache-2.0", sonde::etcd::collector)
