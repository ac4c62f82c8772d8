// SPDX-License-Identifier: Apache-2.0
// The metrics of serve_entities. README.md lists them.
#pragma once

#include <sonde/host.hpp>

namespace sonde::serve_entities {

struct meters {
    explicit meters(const host& on);

    counter set;
    counter deleted;
    counter silent;
    counter stale;
    counter full;
    counter malformed;
    gauge entities;

    gauge clients;
    counter calls;
    counter unauthenticated;
    counter too_many;
    counter invalid;
    counter overflows;
    counter messages;
    counter bytes;
};

}  // namespace sonde::serve_entities
