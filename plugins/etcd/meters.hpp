// SPDX-License-Identifier: Apache-2.0
// The metrics of an etcd collector. README.md lists them.
#pragma once

#include <array>
#include <vector>

#include <sonde/host.hpp>

#include "etcd/endpoint.hpp"

namespace sonde::etcd {

struct meters {
    explicit meters(const host& on);

    std::array<counter, 6> events;  // by schema::event_kind
    counter responses;
    counter fragments;
    counter progress;
    counter malformed;
    counter waits;
    counter withheld;
    counter truncated;
    counter gaps_compacted;
    counter gaps_other_cluster;
    counter gaps_went_back;
    counter listings;
    counter listing_restarts;
    counter connects;
    counter failures;
    counter moves;  // to another endpoint
    counter tokens;
    counter positions_saved;
    counter position_failures;
    counter positions_lost;
    counter status_failures;
    gauge is_connected;
    gauge revision;
    gauge alarms;
    gauge members;
};

// One per endpoint.
struct member_meters {
    member_meters(const host& on, const endpoint& of);

    gauge is_reachable;
    gauge has_leader;
    gauge is_leader;
    gauge db_size;
    gauge db_size_in_use;
    gauge raft_index;
    gauge raft_lag;
};

}  // namespace sonde::etcd
