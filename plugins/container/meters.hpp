// SPDX-License-Identifier: Apache-2.0
// The metrics of a container collector. README.md lists them.
#pragma once

#include <array>
#include <string>

#include <sonde/host.hpp>

#include "container/facts.hpp"
#include "container/schema.hpp"

namespace sonde::container {

struct meters {
    explicit meters(const host& on);

    gauge containers;
    counter table_full;
    counter exits_unwatched;
    std::array<counter, 6> events;                   // by schema::action
    std::array<gauge, source_count + 1> answering;   // by source: how many of its places answer
    std::array<gauge, source_count + 1> denied;      // likewise
    std::array<counter, source_count + 1> failures;  // connections that failed or ended
    std::array<counter, source_count + 1> requests;
    std::array<counter, source_count + 1> malformed;  // answers and files that were not understood
    std::array<gauge, source_count + 1> directories;
    std::array<counter, source_count + 1> directories_left_out;
    std::array<counter, source_count + 1> overflows;
};

}  // namespace sonde::container
