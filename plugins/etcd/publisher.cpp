// SPDX-License-Identifier: Apache-2.0
#include "etcd/publisher.hpp"

#include <algorithm>

#include "common/valid_utf8.hpp"
#include "etcd/registry_key.hpp"

namespace sonde::etcd {
namespace {

using namespace std::chrono_literals;
using enum schema::event_kind;

constexpr std::size_t event_room = 512;  // for all but the texts
constexpr std::chrono::nanoseconds patience = 20ms;

constexpr std::uint64_t fnv_offset = 0xcbf29ce484222325;
constexpr std::uint64_t fnv_prime = 0x100000001b3;

std::uint64_t mixed(std::uint64_t hash, std::string_view bytes) noexcept {
    for (const char each : bytes) {
        hash = (hash ^ static_cast<unsigned char>(each)) * fnv_prime;
    }
    return hash;
}

void write_kubernetes(wire::writer& out, const registry_key& of) {
    out.message(schema::event_kubernetes, [&] {
        out.text_if(schema::kubernetes_group, of.group);
        out.text_if(schema::kubernetes_resource, of.resource);
        out.text_if(schema::kubernetes_kind, of.kind);
        out.text_if(schema::kubernetes_namespace, of.name_space);
        out.text_if(schema::kubernetes_name, of.name);
    });
}

bool is_utf8(std::string_view text) noexcept { return common::valid_utf8_size(text) == text.size(); }

}  // namespace

std::array<std::uint8_t, 16> event_id(schema::event_kind what, std::uint64_t cluster_id, std::uint64_t revision,
                                      std::string_view key) noexcept {
    // A transaction changes a key once, so cluster, revision and key are enough; the hash tells apart the keys of one
    // revision.
    const std::array<std::uint64_t, 2> head{cluster_id, static_cast<std::uint64_t>(what)};
    const std::uint64_t hash = mixed(mixed(fnv_offset, {reinterpret_cast<const char*>(head.data()), sizeof head}), key);
    std::array<std::uint8_t, 16> id{};
    for (unsigned i = 0; i < 8; ++i) {
        id[i] = static_cast<std::uint8_t>(hash >> (8 * i));
        id[8 + i] = static_cast<std::uint8_t>(revision >> (8 * (7 - i)));
    }
    return id;
}

result<void> publisher::open(const value_options& of) {
    values_ = of;
    for (const auto& [topic, to] : {std::pair(event_topic, &events_), std::pair(status_topic, &statuses_)}) {
        auto opened = open_stream(host_, topic);
        if (!opened) {
            return std::unexpected(opened.error());
        }
        *to = *opened;
    }
    return {};
}

template <class Fill>
bool publisher::publish(schema::event_kind what, std::uint64_t cluster_id, std::uint64_t revision, std::string_view key,
                        std::size_t size_hint, Fill&& fill) {
    const auto id = event_id(what, cluster_id, revision, key);
    is_waiting_ = true;
    const sonde_rc rc = events_.publish(
        [&](envelope_writer& envelope) {
            envelope.time(host_.wall(), clock_quality::collector)
                .data(schema::event_type, schema::revision,
                      [&](wire::writer& out) {
                          out.uint(schema::event_kind_field, static_cast<std::uint64_t>(what));
                          fill(out);
                          out.uint_if(schema::event_cluster_id, cluster_id);
                      })
                .event_id(id);
        },
        size_hint, patience);
    if (rc == SONDE_AGAIN || rc == SONDE_STOPPED) {
        return false;
    }
    if (rc == SONDE_OK) {
        meters_->events[static_cast<std::size_t>(what)].add();
    }
    return true;
}

bool publisher::event(std::uint64_t cluster_id, const key_event& of) {
    const bool is_withheld = is_secret(of.now.key);
    const bool has_previous = values_.has_previous && of.previous.has_value();
    const std::size_t most = values_.has_values && !is_withheld ? values_.limit : 0;
    const std::size_t told =
        std::min(of.now.value.size(), most) + (has_previous ? std::min(of.previous->value.size(), most) : 0);
    return publish(of.is_delete ? removed : put, cluster_id, of.now.mod_revision, of.now.key,
                   event_room + 2 * of.now.key.size() + told, [&](wire::writer& out) {
                       write_key(out, of.now.key);
                       write_pair(out, of.now);
                       if (!of.is_delete) {
                           write_value(out, schema::event_value, of.now.value, is_withheld);
                       }
                       if (has_previous) {
                           out.message(schema::event_previous, [&] {
                               const key_value& was = *of.previous;
                               out.uint_if(schema::previous_create_revision, was.create_revision);
                               out.uint_if(schema::previous_mod_revision, was.mod_revision);
                               out.uint_if(schema::previous_version, was.version);
                               out.uint_if(schema::previous_lease, was.lease);
                               write_value(out, schema::previous_value, was.value, is_withheld);
                           });
                       }
                   });
}

bool publisher::listed(std::uint64_t cluster_id, std::uint64_t revision, const key_value& of, bool is_key_only) {
    const bool is_withheld = is_secret(of.key);
    const std::size_t told = values_.has_values && !is_withheld ? std::min(of.value.size(), values_.limit) : 0;
    return publish(resync, cluster_id, revision, of.key, event_room + 2 * of.key.size() + told, [&](wire::writer& out) {
        write_key(out, of.key);
        write_pair(out, of);
        out.uint(schema::event_revision, revision);
        if (!is_key_only) {
            write_value(out, schema::event_value, of.value, is_withheld);
        }
    });
}

bool publisher::missed(std::uint64_t cluster_id, const key_range& of, const gap_facts& what) {
    return publish(gap, cluster_id, what.from_revision, of.begin, event_room + of.begin.size() * 6,
                   [&](wire::writer& out) {
                       out.uint_if(schema::event_revision, what.readable_from);
                       out.uint_if(schema::event_from_revision, what.from_revision);
                       out.text(schema::event_reason, what.reason);
                       write_range(out, of);
                   });
}

bool publisher::synced(std::uint64_t cluster_id, const key_range& of, std::uint64_t revision, std::uint64_t keys) {
    return publish(schema::event_kind::synced, cluster_id, revision, of.begin, event_room + of.begin.size() * 6,
                   [&](wire::writer& out) {
                       out.uint(schema::event_revision, revision);
                       write_range(out, of);
                       out.uint_if(schema::event_key_count, keys);
                   });
}

void publisher::write_key(wire::writer& out, std::string_view key) {
    out.text(is_utf8(key) ? schema::event_key : schema::event_key_binary, key);
    if (const auto decoded = parse_registry_key(key, values_.registry); decoded && is_utf8(key)) {
        write_kubernetes(out, *decoded);
    }
    out.uint_if(schema::event_secret, is_secret(key) ? 1 : 0);
}

void publisher::write_pair(wire::writer& out, const key_value& of) {
    out.uint_if(schema::event_create_revision, of.create_revision);
    out.uint_if(schema::event_mod_revision, of.mod_revision);
    out.uint_if(schema::event_version, of.version);
    out.uint_if(schema::event_lease, of.lease);
}

void publisher::write_value(wire::writer& out, std::uint32_t field, std::string_view value, bool is_withheld) {
    out.message(field, [&] {
        out.uint(schema::value_size, value.size());
        if (is_withheld) {
            meters_->withheld.add();
            return;
        }
        if (!values_.has_values || value.empty()) {
            return;
        }
        std::string_view told = value.substr(0, values_.limit);
        const bool is_cut = told.size() < value.size();
        const std::size_t whole = common::valid_utf8_size(told);
        constexpr std::size_t longest_character = 4;
        // A character that was cut in two does not make it binary.
        const bool is_text = whole == told.size() || (is_cut && told.size() - whole < longest_character);
        told = is_text ? told.substr(0, whole) : told;
        out.text_if(is_text ? schema::value_text : schema::value_binary, told);
        if (is_cut) {
            meters_->truncated.add();
            out.uint(schema::value_truncated, 1);
        }
    });
}

void publisher::write_range(wire::writer& out, const key_range& of) {
    text(out, schema::event_range_begin, of.begin);
    text(out, schema::event_range_end, of.end);
}

void publisher::status(const member_facts& of, bool is_snapshot) {
    is_waiting_ = true;
    const sonde_rc rc = statuses_.publish(
        [&](envelope_writer& envelope) {
            envelope.time(host_.wall(), clock_quality::collector);
            if (is_snapshot) {
                envelope.snapshot();
            }
            envelope.data(schema::status_type, schema::revision, [&](wire::writer& out) {
                const member_status& status = of.status;
                text(out, schema::status_endpoint, of.endpoint);
                out.uint_if(schema::status_reachable, of.is_reachable ? 1 : 0);
                text(out, schema::status_failure, of.failure);
                out.uint_if(schema::status_cluster_id, status.header.cluster_id);
                out.uint_if(schema::status_member_id, status.header.member_id);
                text(out, schema::status_member_name, of.name);
                text(out, schema::status_version, status.version);
                out.uint_if(schema::status_db_size, status.db_size);
                out.uint_if(schema::status_db_size_in_use, status.db_size_in_use);
                out.uint_if(schema::status_db_quota, status.db_quota);
                out.uint_if(schema::status_leader_id, status.leader_id);
                out.uint_if(schema::status_leader,
                            status.leader_id != 0 && status.leader_id == status.header.member_id ? 1 : 0);
                out.uint_if(schema::status_learner, status.is_learner ? 1 : 0);
                out.uint_if(schema::status_revision, status.header.revision);
                out.uint_if(schema::status_raft_term, status.raft_term);
                out.uint_if(schema::status_raft_index, status.raft_index);
                out.uint_if(schema::status_raft_applied_index, status.raft_applied_index);
                out.uint_if(schema::status_raft_lag, of.raft_lag);
                for (const std::string& each : status.errors) {
                    text(out, schema::status_errors, each);
                }
                for (const std::string& each : of.alarms) {
                    text(out, schema::status_alarms, each);
                }
                out.uint_if(schema::status_members, of.members);
            });
        },
        event_room * 2, patience);
    if (rc == SONDE_AGAIN) {
        statuses_.drop(1, event_room, drop_reason::lane_full);
    }
}

bool publisher::is_secret(std::string_view key) const noexcept {
    return names_secrets(key) || std::any_of(values_.secret_prefixes.begin(), values_.secret_prefixes.end(),
                                             [&](const std::string& prefix) { return key.starts_with(prefix); });
}

void publisher::text(wire::writer& out, std::uint32_t field, std::string_view value) {
    out.text_if(field, common::valid_utf8(value, scratch_));
}

void publisher::flush() {
    if (is_waiting_) {
        events_.flush();
        is_waiting_ = false;
    }
}

}  // namespace sonde::etcd
