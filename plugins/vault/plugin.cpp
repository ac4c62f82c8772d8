// SPDX-License-Identifier: Apache-2.0
// The entry of vault.so.
#include <sonde/plugin.hpp>

#include "vault/collector.hpp"

SONDE_PLUGIN("io.sonde.vault", "0.1.0", "sonde", "Apache-2.0", sonde::vault::collector)
