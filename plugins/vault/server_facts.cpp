// SPDX-License-Identifier: Apache-2.0
#include "vault/server_facts.hpp"

#include <algorithm>
#include <array>

namespace sonde::vault {
namespace {

using schema::change;
using schema::state;

// A number that has moved on is no change of a replication.
bool is_same(const replication_facts& one, const replication_facts& other) {
    return one.kind == other.kind && one.mode == other.mode && one.state == other.state &&
           one.primary_cluster_address == other.primary_cluster_address &&
           one.known_secondaries == other.known_secondaries && one.peers == other.peers;
}

bool is_standby(state of) noexcept {
    return of == state::standby || of == state::performance_standby || of == state::cut_off_standby ||
           of == state::dr_secondary;
}

}  // namespace

state state_of(std::uint32_t health_code) noexcept {
    switch (health_code) {
    case 200: return state::active;
    case 429: return state::standby;
    case 472: return state::dr_secondary;
    case 473: return state::performance_standby;
    case 474: return state::cut_off_standby;
    case 501: return state::not_initialized;
    case 503: return state::sealed;
    case 530: return state::removed;
    default: return state::unknown;
    }
}

std::string_view name(state of) noexcept {
    constexpr std::array<std::string_view, 10> names{
        "unknown",         "active",          "standby", "dr_secondary", "performance_standby",
        "cut_off_standby", "not_initialized", "sealed",  "removed",      "silent"};
    return names[static_cast<std::size_t>(of)];
}

std::vector<change> changes_between(const server_facts& before, const server_facts& now) {
    std::vector<change> found;
    const auto add_if = [&](bool holds, change what) {
        if (holds) {
            found.push_back(what);
        }
    };
    if (before.state == state::unknown) {
        return found;
    }
    if (now.state == state::silent) {
        add_if(before.state != state::silent, change::silent);
        return found;
    }
    add_if(before.state == state::silent, change::answers);
    if (before.health.code == 0) {
        return found;  // it has never answered
    }
    const health_facts& was = before.health;
    const health_facts& is = now.health;
    const state last = state_of(was.code);  // before it fell silent
    add_if(is.is_initialized && !was.is_initialized, change::initialized);
    add_if(is.is_sealed && !was.is_sealed, change::sealed);
    add_if(!is.is_sealed && was.is_sealed, change::unsealed);
    add_if(now.state == state::active && last != state::active, change::active);
    add_if(is_standby(now.state) && last != now.state, change::standby);
    add_if(now.leader.address != before.leader.address, change::leader);
    add_if(!is.version.empty() && !was.version.empty() && is.version != was.version, change::version);
    add_if(!std::ranges::equal(now.replications, before.replications, is_same), change::replication);
    add_if(now.seal.progress != before.seal.progress && is.is_sealed && was.is_sealed, change::unseal_progress);
    return found;
}

}  // namespace sonde::vault
