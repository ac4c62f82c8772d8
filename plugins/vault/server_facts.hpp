// SPDX-License-Identifier: Apache-2.0
// What a Vault server says of itself, and in what two sayings differ. Passive values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vault/schema.hpp"

namespace sonde::vault {

struct health_facts {
    std::uint32_t code = 0;  // status code of sys/health
    bool is_initialized = false;
    bool is_sealed = false;
    bool is_standby = false;
    bool is_performance_standby = false;
    std::string version;
    std::string cluster_name;
    std::string cluster_id;
    std::int64_t server_time = 0;  // Unix seconds
    bool is_replicated = false;    // it has replications to ask for
};

struct seal_facts {
    std::string type;
    std::string storage_type;
    std::uint32_t threshold = 0;
    std::uint32_t shares = 0;
    std::uint32_t progress = 0;
    bool has_recovery_seal = false;
    bool is_migrating = false;
};

struct leader_facts {
    bool has_ha = false;
    bool is_self = false;
    std::string address;
    std::string cluster_address;
    std::uint64_t active_since = 0;  // Unix ns
    std::uint64_t raft_committed_index = 0;
    std::uint64_t raft_applied_index = 0;
};

struct peer_facts {
    std::string node_id;
    std::string api_address;
    std::string cluster_address;
    std::string connection_status;
    bool operator==(const peer_facts&) const = default;
};

struct replication_facts {
    std::string kind;
    std::string mode;
    std::string state;
    std::string cluster_id;
    std::string primary_cluster_address;
    std::uint64_t last_wal = 0;
    std::uint64_t last_remote_wal = 0;
    std::uint32_t known_secondaries = 0;
    std::vector<peer_facts> peers;
};

struct server_facts {
    schema::state state = schema::state::unknown;
    std::string failure;  // for schema::state::silent; the rest is then what was known before
    health_facts health;
    seal_facts seal;
    leader_facts leader;
    std::vector<replication_facts> replications;
};

// By the status code of sys/health; `unknown` for any other.
[[nodiscard]] schema::state state_of(std::uint32_t health_code) noexcept;
[[nodiscard]] std::string_view name(schema::state of) noexcept;

// Nothing if `before` is unknown: there was no look before this one.
[[nodiscard]] std::vector<schema::change> changes_between(const server_facts& before, const server_facts& now);

}  // namespace sonde::vault
