// SPDX-License-Identifier: Apache-2.0
// The metrics of forward_raw. README.md lists them.
#pragma once

#include <sonde/host.hpp>

namespace sonde::relay {

struct forward_meters {
    explicit forward_meters(const host& on);

    counter taken;
    counter delivered;
    counter full;
    counter oversize;
    counter unwanted;
    counter malformed;
    counter shutdown;
    gauge waiting;
    gauge memory;

    counter requests;
    counter repeated;
    counter attempts;
    counter failures;
    counter states;
    gauge is_connected;
    gauge pause;
};

}  // namespace sonde::relay
