// SPDX-License-Identifier: Apache-2.0
// The entry of relay.so.
#include <sonde/plugin.hpp>

#include "relay/forward.hpp"
#include "relay/receive.hpp"

SONDE_PLUGIN("io.sonde.relay", "0.1.0", "sonde", "Apache-2.0", sonde::relay::receive, sonde::relay::forward)
