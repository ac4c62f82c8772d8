// SPDX-License-Identifier: Apache-2.0
#include "vault/documents.hpp"

#include <algorithm>
#include <charconv>

#include "common/json_fields.hpp"
#include "vault/time_text.hpp"

namespace sonde::vault {
namespace {

namespace json = common::json;

constexpr std::size_t most_peers = 256;
constexpr std::size_t longest_text = 1024;
constexpr std::int64_t longest_ttl = std::int64_t{100} * 365 * 24 * 3600;  // seconds

std::string text(json::element of, std::string_view key) {
    return std::string(json::text(of, key).substr(0, longest_text));
}

// Some numbers of replication come as texts.
std::uint64_t number(json::element of, std::string_view key) {
    const std::string_view digits = json::text(of, key);
    std::uint64_t read = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), read);
    return digits.empty() ? static_cast<std::uint64_t>(std::max<std::int64_t>(json::integer(of, key), 0)) : read;
}

std::uint32_t small_number(json::element of, std::string_view key) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(number(of, key), 0xffffffff));
}

// Calls `take(element)` with the object that the text is.
template <class Take>
result<void> with_object(std::string_view of, Take&& take) {
    simdjson::dom::parser parser;
    json::element found;
    if (parser.parse(of.data(), of.size()).get(found) != simdjson::SUCCESS || !found.is_object()) {
        return fail(errc::invalid, "the answer is no JSON object; is this a Vault server?");
    }
    return take(found);
}

std::vector<peer_facts> read_peers(json::element of) {
    std::vector<peer_facts> peers;
    for (const char* const key : {"primaries", "secondaries"}) {
        json::with(of, key, [&](json::element list) {
            json::each_item(list, [&](json::element each) {
                if (peers.size() < most_peers) {
                    peers.push_back({text(each, "node_id"), text(each, "api_address"), text(each, "cluster_address"),
                                     text(each, "connection_status")});
                }
            });
        });
    }
    return peers;
}

replication_facts read_one_replication(std::string_view kind, json::element of) {
    replication_facts read;
    read.kind = kind;
    read.mode = text(of, "mode");
    read.state = text(of, "state");
    read.cluster_id = text(of, "cluster_id");
    read.primary_cluster_address = text(of, "primary_cluster_addr");
    read.last_wal = number(of, "last_wal");
    read.last_remote_wal = number(of, "last_remote_wal");
    json::with(of, "known_secondaries",
               [&](json::element list) { json::each_item(list, [&](json::element) { ++read.known_secondaries; }); });
    read.peers = read_peers(of);
    return read;
}

bool is_replicated(std::string_view mode) noexcept { return !mode.empty() && mode != "disabled" && mode != "unknown"; }

std::chrono::seconds duration(json::element of, std::string_view key) {
    return std::chrono::seconds(std::clamp<std::int64_t>(json::integer(of, key), 0, longest_ttl));
}

}  // namespace

result<health_facts> read_health(std::uint32_t code, std::string_view body) {
    health_facts read;
    if (state_of(code) == schema::state::unknown) {
        return fail(errc::invalid, "sys/health answered " + std::to_string(code) + "; is this a Vault server?");
    }
    const auto done = with_object(body, [&](json::element of) -> result<void> {
        bool is_there = false;
        if (of["initialized"].get(is_there) != simdjson::SUCCESS) {
            return fail(errc::invalid, "the answer of sys/health has no 'initialized'; is this a Vault server?");
        }
        read.code = code;
        read.is_initialized = is_there;
        read.is_sealed = json::boolean(of, "sealed");
        read.is_standby = json::boolean(of, "standby");
        read.is_performance_standby = json::boolean(of, "performance_standby");
        read.version = text(of, "version");
        read.cluster_name = text(of, "cluster_name");
        read.cluster_id = text(of, "cluster_id");
        read.server_time = json::integer(of, "server_time_utc");
        read.is_replicated = is_replicated(json::text(of, "replication_performance_mode")) ||
                             is_replicated(json::text(of, "replication_dr_mode"));
        return {};
    });
    return done ? result<health_facts>(std::move(read)) : std::unexpected(done.error());
}

result<seal_facts> read_seal_status(std::string_view body) {
    seal_facts read;
    const auto done = with_object(body, [&](json::element of) -> result<void> {
        read.type = text(of, "type");
        read.storage_type = text(of, "storage_type");
        read.threshold = small_number(of, "t");
        read.shares = small_number(of, "n");
        read.progress = small_number(of, "progress");
        read.has_recovery_seal = json::boolean(of, "recovery_seal");
        read.is_migrating = json::boolean(of, "migration");
        return {};
    });
    return done ? result<seal_facts>(std::move(read)) : std::unexpected(done.error());
}

result<leader_facts> read_leader(std::string_view body) {
    leader_facts read;
    const auto done = with_object(body, [&](json::element of) -> result<void> {
        read.has_ha = json::boolean(of, "ha_enabled");
        read.is_self = json::boolean(of, "is_self");
        read.address = text(of, "leader_address");
        read.cluster_address = text(of, "leader_cluster_address");
        read.active_since = parse_time(json::text(of, "active_time")).value_or(0);
        read.raft_committed_index = number(of, "raft_committed_index");
        read.raft_applied_index = number(of, "raft_applied_index");
        return {};
    });
    return done ? result<leader_facts>(std::move(read)) : std::unexpected(done.error());
}

result<std::vector<replication_facts>> read_replication(std::string_view body) {
    std::vector<replication_facts> read;
    const auto done = with_object(body, [&](json::element of) -> result<void> {
        json::with(of, "data", [&](json::element data) {
            for (const char* const kind : {"dr", "performance"}) {
                json::with(data, kind, [&](json::element each) {
                    if (is_replicated(json::text(each, "mode"))) {
                        read.push_back(read_one_replication(kind, each));
                    }
                });
            }
        });
        return {};
    });
    return done ? result<std::vector<replication_facts>>(std::move(read)) : std::unexpected(done.error());
}

result<token_facts> read_lookup(std::string_view body) {
    token_facts read;
    const auto done = with_object(body, [&](json::element of) -> result<void> {
        json::element data;
        if (of["data"].get(data) != simdjson::SUCCESS || !data.is_object()) {
            return fail(errc::invalid, "the answer of auth/token/lookup-self has no 'data'");
        }
        read = {duration(data, "ttl"), json::boolean(data, "renewable")};
        return {};
    });
    return done ? result<token_facts>(read) : std::unexpected(done.error());
}

result<token_facts> read_renewal(std::string_view body) {
    token_facts read;
    const auto done = with_object(body, [&](json::element of) -> result<void> {
        json::element auth;
        if (of["auth"].get(auth) != simdjson::SUCCESS || !auth.is_object()) {
            return fail(errc::invalid, "the answer of auth/token/renew-self has no 'auth'");
        }
        read = {duration(auth, "lease_duration"), json::boolean(auth, "renewable")};
        return {};
    });
    return done ? result<token_facts>(read) : std::unexpected(done.error());
}

}  // namespace sonde::vault
