// SPDX-License-Identifier: Apache-2.0
// The metrics of receive_raw. README.md lists them.
#pragma once

#include <sonde/host.hpp>

namespace sonde::relay {

struct receive_meters {
    explicit receive_meters(const host& on);

    counter published;
    counter dropped;
    counter malformed;
    counter requests;
    counter repeated;
    counter waits;
    counter states;

    gauge clients;
    counter calls;
    counter unauthenticated;
    counter too_many;
    counter invalid;
};

}  // namespace sonde::relay
