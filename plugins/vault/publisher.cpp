// SPDX-License-Identifier: Apache-2.0
#include "vault/publisher.hpp"

#include <utility>

#include "common/valid_utf8.hpp"

namespace sonde::vault {
namespace {

constexpr std::size_t status_hint = 1024;
constexpr std::size_t audit_hint = 2048;  // an entry with a dozen HMACs
// States change seldom; a lane without room for so long loses one, which the lane counts, and the next sample has it.
constexpr std::chrono::milliseconds status_patience{200};

}  // namespace

result<void> publisher::open() {
    for (const auto& [topic, to] :
         {std::pair(status_topic, &status_), std::pair(metric_topic, &metrics_), std::pair(audit_topic, &audit_)}) {
        auto opened = open_stream(host_, topic);
        if (!opened) {
            return std::unexpected(opened.error());
        }
        *to = *opened;
    }
    return {};
}

void publisher::status(const server_facts& now, const server_facts& before,
                       const std::vector<schema::change>& changes) {
    tell(now, &before, changes);
}

void publisher::status_snapshot(const server_facts& now) { tell(now, nullptr, {}); }

void publisher::tell(const server_facts& now, const server_facts* before, const std::vector<schema::change>& changes) {
    const bool is_snapshot = before == nullptr;
    is_waiting_ = true;
    const sonde_rc rc = status_.publish(
        [&](envelope_writer& envelope) {
            envelope.time(host_.wall(), clock_quality::collector);
            if (is_snapshot) {
                envelope.snapshot();
            }
            envelope.data(schema::status_type, schema::revision, [&](wire::writer& out) {
                using enum schema::status_action;
                out.uint(schema::status_action_field, static_cast<std::uint64_t>(changes.empty() ? sampled : changed));
                for (const schema::change each : changes) {
                    out.uint(schema::status_changes, static_cast<std::uint64_t>(each));
                }
                if (!changes.empty()) {
                    out.uint_if(schema::status_previous_state, static_cast<std::uint64_t>(before->state));
                    if (before->leader.address != now.leader.address) {
                        text(out, schema::status_previous_leader_address, before->leader.address);
                    }
                }
                write(out, now);
            });
        },
        status_hint, status_patience);
    if (rc == SONDE_AGAIN) {
        status_.drop(1, status_hint, drop_reason::lane_full);
    }
}

void publisher::write(wire::writer& out, const server_facts& of) {
    text(out, schema::status_address, address_);
    out.uint_if(schema::status_state, static_cast<std::uint64_t>(of.state));
    if (of.state == schema::state::silent) {
        text(out, schema::status_failure, of.failure);
    }
    out.uint_if(schema::status_health_code, of.health.code);
    out.uint_if(schema::status_initialized, of.health.is_initialized ? 1 : 0);
    out.uint_if(schema::status_sealed, of.health.is_sealed ? 1 : 0);
    out.uint_if(schema::status_standby, of.health.is_standby ? 1 : 0);
    out.uint_if(schema::status_performance_standby, of.health.is_performance_standby ? 1 : 0);
    text(out, schema::status_version, of.health.version);
    text(out, schema::status_cluster_name, of.health.cluster_name);
    text(out, schema::status_cluster_id, of.health.cluster_id);
    out.uint_if(schema::status_server_time, static_cast<std::uint64_t>(of.health.server_time));
    text(out, schema::status_seal_type, of.seal.type);
    text(out, schema::status_storage_type, of.seal.storage_type);
    out.uint_if(schema::status_unseal_threshold, of.seal.threshold);
    out.uint_if(schema::status_unseal_shares, of.seal.shares);
    out.uint_if(schema::status_unseal_progress, of.seal.progress);
    out.uint_if(schema::status_recovery_seal, of.seal.has_recovery_seal ? 1 : 0);
    out.uint_if(schema::status_migration, of.seal.is_migrating ? 1 : 0);
    out.uint_if(schema::status_ha_enabled, of.leader.has_ha ? 1 : 0);
    out.uint_if(schema::status_is_leader, of.leader.is_self ? 1 : 0);
    text(out, schema::status_leader_address, of.leader.address);
    text(out, schema::status_leader_cluster_address, of.leader.cluster_address);
    if (of.leader.active_since != 0) {
        out.fixed64(schema::status_active_since, of.leader.active_since);
    }
    out.uint_if(schema::status_raft_committed_index, of.leader.raft_committed_index);
    out.uint_if(schema::status_raft_applied_index, of.leader.raft_applied_index);
    for (const replication_facts& each : of.replications) {
        out.message(schema::status_replications, [&] { write(out, each); });
    }
}

void publisher::write(wire::writer& out, const replication_facts& of) {
    text(out, schema::replication_kind, of.kind);
    text(out, schema::replication_mode, of.mode);
    text(out, schema::replication_state, of.state);
    text(out, schema::replication_cluster_id, of.cluster_id);
    text(out, schema::replication_primary_cluster_address, of.primary_cluster_address);
    out.uint_if(schema::replication_last_wal, of.last_wal);
    out.uint_if(schema::replication_last_remote_wal, of.last_remote_wal);
    out.uint_if(schema::replication_known_secondaries, of.known_secondaries);
    for (const peer_facts& each : of.peers) {
        out.message(schema::replication_peers, [&] {
            text(out, schema::peer_node_id, each.node_id);
            text(out, schema::peer_api_address, each.api_address);
            text(out, schema::peer_cluster_address, each.cluster_address);
            text(out, schema::peer_connection_status, each.connection_status);
        });
    }
}

void publisher::metrics(std::span<const std::uint8_t> fields) {
    is_waiting_ = true;
    const auto now = host_.wall();
    const auto fill = [&](envelope_writer& envelope) {
        envelope.time(now, clock_quality::collector)
            .data(schema::metric_type, schema::revision, [&](wire::writer& out) { out.raw(fields); });
    };
    // Whatever is refused has been counted by the lane.
    static_cast<void>(metrics_.publish(fill, fields.size() + stream::first_try));
}

sonde_rc publisher::audit(const audit_facts& of, schema::entry_source from, std::chrono::nanoseconds patience) {
    is_waiting_ = true;
    const auto id = event_id(of);
    const bool has_time = of.time != 0;
    const std::chrono::nanoseconds time = has_time ? std::chrono::nanoseconds(of.time) : host_.wall();
    return audit_.publish(
        [&](envelope_writer& envelope) {
            envelope.time(time, has_time ? clock_quality::source : clock_quality::collector)
                .event_id(id)
                .data(schema::audit_type, schema::revision, [&](wire::writer& out) { write(out, of, from); });
        },
        audit_hint, patience);
}

void publisher::write(wire::writer& out, const audit_facts& of, schema::entry_source from) {
    out.uint(schema::audit_type_field, static_cast<std::uint64_t>(of.type));
    out.uint(schema::audit_source, static_cast<std::uint64_t>(from));
    if (of.time != 0) {
        out.fixed64(schema::audit_time, of.time);
    }
    text(out, schema::audit_request_id, of.request_id);
    text(out, schema::audit_operation, of.operation);
    text(out, schema::audit_path, of.path);
    text(out, schema::audit_mount_point, of.mount_point);
    text(out, schema::audit_mount_type, of.mount_type);
    text(out, schema::audit_mount_class, of.mount_class);
    text(out, schema::audit_mount_accessor, of.mount_accessor);
    text(out, schema::audit_namespace_id, of.namespace_id);
    text(out, schema::audit_namespace_path, of.namespace_path);
    text(out, schema::audit_display_name, of.display_name);
    for (const std::string_view each : of.policies) {
        text(out, schema::audit_policies, each);
    }
    text(out, schema::audit_entity_id, of.entity_id);
    text(out, schema::audit_token_type, of.token_type);
    if (of.is_allowed) {
        out.uint(schema::audit_allowed, *of.is_allowed ? 1 : 0);
    }
    text(out, schema::audit_remote_address, of.remote_address);
    out.uint_if(schema::audit_remote_port, of.remote_port);
    text(out, schema::audit_forwarded_from, of.forwarded_from);
    for (const std::string_view each : of.error.messages) {
        text(out, schema::audit_errors, each);
    }
    out.uint_if(schema::audit_error_withheld, of.error.has_more ? 1 : 0);
    for (const hmac_field& each : of.hmac_fields) {
        out.entry(schema::audit_hmac_fields, each.name, each.value);
    }
    out.uint_if(schema::audit_hmac_fields_left_out, of.hmac_fields_left_out);
    for (const auto& [name, value] : of.headers) {
        out.entry(schema::audit_headers, name, common::valid_utf8(value, scratch_));
    }
    out.uint_if(schema::audit_values_withheld, of.values_withheld);
}

// The parser of JSON refuses what is no UTF-8, but a text of ours may come from elsewhere or have been cut.
void publisher::text(wire::writer& out, std::uint32_t field, std::string_view value) {
    out.text_if(field, common::valid_utf8(value, scratch_));
}

void publisher::flush() {
    if (is_waiting_) {
        audit_.flush();
        is_waiting_ = false;
    }
}

}  // namespace sonde::vault
