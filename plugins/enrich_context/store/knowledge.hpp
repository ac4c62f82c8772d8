// SPDX-License-Identifier: Apache-2.0
// All tables of the store and their indexes in one place, and what every part of it does with them: making and
// forgetting records, refreshing their encoded form, noting changes. Internal to the store.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include <sonde/wire.hpp>

#include "enrich_context/store/claims.hpp"
#include "enrich_context/store/forgotten.hpp"
#include "enrich_context/store/hash.hpp"
#include "enrich_context/store/local_ports.hpp"
#include "enrich_context/store/object_facts.hpp"
#include "enrich_context/store/records.hpp"
#include "enrich_context/store/settings.hpp"
#include "enrich_context/store/told.hpp"

namespace sonde::enrich_context::store {

// What keys begin with.
inline constexpr std::string_view container_prefix = "container:";
inline constexpr std::string_view pod_prefix = "pod:";

inline constexpr std::size_t most_services = 16;  // of one answer

// Which entities their source has told all of.
enum class source_state : std::uint8_t { none, syncing, synced };

// What objects of one kind a Kubernetes collector tells.
struct told_round {
    source_state state = source_state::none;
    std::uint64_t number = 1;   // of the telling of all
    std::uint64_t objects = 0;  // that were told in it as part of a list
    std::uint64_t source = 0;   // who tells
    bool is_shared = false;     // several tell: what one of them does not have, another may
};

enum class object_kind : std::uint8_t {
    pod,
    service,
    endpoints,
    endpoint_slice,
    node,
    name_space,
    replica_set,
    job,
    other
};
inline constexpr std::size_t object_kind_count = 9;

template <class Record>
struct indexed_table {
    explicit indexed_table(std::size_t limit) : table(limit) {}
    slot_table<Record> table;
    slot_index index;
    std::uint64_t evicted = 0;
};

struct change {
    entity_kind kind = entity_kind::none;
    handle of;
    // Of an entity that is in no table, as one that is forgotten already: its last word.
    std::string key;
    std::vector<std::uint8_t> last_word;
    entity_action action = entity_action::deleted;
};

struct snapshot_count {
    std::uint64_t number = 0;  // 0: none is being told
    std::uint64_t processes = 0;
    std::uint64_t began = 0;
};

// A host whose collectors tell: this one, or another whose raw events are relayed here. Pids, control groups and
// containers are numbered and told by each on its own.
struct host_record {
    std::string id;                     // /etc/machine-id
    std::vector<std::uint8_t> section;  // of contexts; empty: its facts are not known
    source_state processes_told = source_state::none;
    // Until when starts and ends are told as they happen: what runs then is known even if nothing was heard of it.
    std::uint64_t processes_watched_until = 0;
    snapshot_count processes;
    told_round containers;
};

struct knowledge {
    explicit knowledge(store_settings from);

    store_settings settings;
    std::uint64_t seed;
    text_pool texts;
    std::chrono::nanoseconds now{};
    std::uint64_t revision = 0;
    std::vector<host_record> hosts;           // the first is this one; kept for good
    std::vector<std::uint32_t> host_of_name;  // by text; 0: it names none but, maybe, this one
    host_record unknown_host;                 // as which others count
    std::uint64_t untaken = 0;                // envelopes of hosts beyond the limit

    indexed_table<process_record> processes;     // by node and pid
    indexed_table<container_record> containers;  // by id
    indexed_table<pod_record> pods;              // by uid, and by the uid of its cgroup
    indexed_table<service_record> services;      // by namespace and name
    indexed_table<node_record> nodes;            // by name
    indexed_table<workload_record> workloads;    // by uid
    indexed_table<namespace_record> namespaces;  // by name
    indexed_table<endpoints_record> endpoints;   // by namespace, kind and name
    indexed_table<cgroup_record> cgroups;        // by node and id
    slot_index pods_by_name;                     // namespace and name
    slot_index endpoints_by_pod;                 // uid of a pod behind it
    slot_index endpoints_by_service;             // namespace and service
    slot_index services_by_node_port;
    std::unordered_map<text_id, std::uint32_t> first_pod_of_namespace;
    std::unordered_map<text_id, std::vector<std::uint32_t>> services_of_namespace;
    claim_table claims;
    local_port_table local_ports;
    forgotten_keys forgotten;

    std::array<told_round, object_kind_count> rounds;
    source_state containers_told = source_state::none;

    std::deque<change> changes;
    std::uint64_t taken = 0;
    std::uint64_t malformed = 0;
    std::uint64_t outdated = 0;
    std::uint64_t unchanged = 0;
    std::uint64_t lookups = 0;
    std::uint64_t found = 0;
    std::uint64_t lost_changes = 0;

    // Memory that is used again by each composition and answer.
    std::string key_buffer;
    std::string arguments;
    std::string pair_buffer;
    object_reader reader;
    std::vector<std::uint8_t> object_changes;   // of the object that was learned last: fields of a UnifiedEvent
    std::vector<std::uint8_t> object_sections;  // the same with more, for whoever asks
    std::vector<std::uint8_t> bytes;
    std::vector<std::uint8_t> surroundings;
    std::vector<std::uint8_t> context_buffer;
    std::vector<std::uint8_t> peer_buffer;
    std::array<std::size_t, entity_kind_count> largest_section{};

    // Of the name in an envelope or a question; 0 is this host. Nothing for a host that nobody told of.
    static constexpr text_id unknown_node = UINT32_MAX;
    [[nodiscard]] text_id node_of(std::string_view name) const noexcept;
    // The same, for an envelope: a new name is kept, if there may be one more.
    [[nodiscard]] text_id learn_node(std::string_view name);
    [[nodiscard]] host_record& host(text_id node) noexcept {
        return node == 0 ? hosts.front() : node == unknown_node ? unknown_host : hosts[host_of_name[node]];
    }
    // The host's facts, as the fields of a sonde.v1.Host.
    void set_host(text_id node, std::string_view id, std::span<const std::uint8_t> facts);

    [[nodiscard]] std::uint64_t time_now() const noexcept { return static_cast<std::uint64_t>(now.count()); }
    [[nodiscard]] std::uint64_t hash(std::string_view text) const noexcept { return hash_of(text, seed); }
    [[nodiscard]] std::uint64_t hash(std::uint64_t one, std::uint64_t other) const noexcept {
        return hash_of(one, other, seed);
    }
    [[nodiscard]] std::string_view view(text_id id) const noexcept { return texts.view(id); }
    [[nodiscard]] told_round& round_of(object_kind kind) noexcept { return rounds[static_cast<std::size_t>(kind)]; }

    // Slots by key, or no_slot.
    [[nodiscard]] std::uint32_t container_slot(std::string_view id) noexcept;
    [[nodiscard]] std::uint32_t pod_slot(std::string_view uid) noexcept;
    [[nodiscard]] std::uint32_t service_slot(text_id name_space, text_id name) noexcept;
    [[nodiscard]] std::uint32_t node_slot(text_id name) noexcept;
    [[nodiscard]] std::uint32_t workload_slot(text_id uid) noexcept;
    [[nodiscard]] std::uint32_t cgroup_slot(text_id node, std::uint64_t id) noexcept;

    // Encodes anew; tells it, if that or `is_news` says that something changed.
    void refresh_process(std::uint32_t slot, bool is_news = false);
    void refresh_container(std::uint32_t slot, bool is_news = false);
    void refresh_pod(std::uint32_t slot, bool is_news = false);
    void refresh_service(std::uint32_t slot, bool is_news = false);
    void refresh_node(std::uint32_t slot, bool is_news = false);
    void refresh_workload(std::uint32_t slot, bool is_news = false);
    void refresh_namespace(std::uint32_t slot, bool is_news = false);

    // Puts the sections of a pod's node and services behind its own.
    void surround_pod(std::uint32_t slot);
    void surround_pods_of_node(text_id node);

    // Without a trace but its key among the forgotten.
    void forget_process(std::uint32_t slot);
    void forget_container(std::uint32_t slot);
    void forget_pod(std::uint32_t slot);
    void forget_service(std::uint32_t slot);
    void forget_node(std::uint32_t slot);
    void forget_workload(std::uint32_t slot);
    void forget_namespace(std::uint32_t slot);
    void forget_endpoints(std::uint32_t slot);
    void forget_cgroup(std::uint32_t slot);

    // Calls `use(table, kind)` with the table of entities of that kind.
    template <class Use>
    void with_table(entity_kind kind, Use&& use) {
        switch (kind) {
        case entity_kind::process: use(processes.table); break;
        case entity_kind::container: use(containers.table); break;
        case entity_kind::pod: use(pods.table); break;
        case entity_kind::service: use(services.table); break;
        case entity_kind::node: use(nodes.table); break;
        case entity_kind::workload: use(workloads.table); break;
        case entity_kind::name_space: use(namespaces.table); break;
        default: break;
        }
    }

    template <class Record>
    void drop_texts(Record& record) {
        record.each_text([&](text_id id) { texts.drop(id); });
    }
};

// Writes with `fill(writer)` into `bytes`, which grows until all has room.
template <class Fill>
std::span<const std::uint8_t> compose(std::vector<std::uint8_t>& bytes, Fill&& fill) {
    constexpr std::size_t smallest = 4096;
    for (bytes.resize(std::max(bytes.size(), smallest));; bytes.resize(bytes.size() * 2)) {
        wire::writer out(bytes);
        fill(out);
        if (!out.overflowed()) {
            return std::span<const std::uint8_t>(bytes).first(out.size());
        }
    }
}

}  // namespace sonde::enrich_context::store
