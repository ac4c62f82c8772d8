// SPDX-License-Identifier: Apache-2.0
// What the store keeps of each entity. Passive; texts are ids of the text pool and counted, see `each_text`. Times are
// Unix nanoseconds, 0: not known.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "enrich_context/store/kept_states.hpp"
#include "enrich_context/store/seam.hpp"
#include "enrich_context/store/sections.hpp"
#include "enrich_context/store/slot_table.hpp"
#include "enrich_context/store/text_pool.hpp"

namespace sonde::enrich_context::store {

// A record begins with what a look-up needs, in its first two cache lines.
inline constexpr std::size_t cache_line = 64;

struct alignas(cache_line) process_record {
    slot_head head;
    encoded told;
    std::uint32_t pid = 0;
    text_id node = 0;
    std::uint64_t start = 0;
    std::uint64_t ended = 0;  // 0: it runs
    handle container;
    text_id container_id = 0;
    bool is_outside = false;  // its cgroup is known and belongs to no container
    std::uint64_t cgroup_id = 0;
    std::uint64_t facts_time = 0;  // of the event that told name, executable, user and cgroup
    std::uint64_t exec_time = 0;   // older facts are those of another program
    std::uint64_t last_seen = 0;   // time of the latest event
    std::uint64_t snapshot = 0;    // the last one that it was part of
    text_id name = 0;
    text_id executable = 0;
    text_id pod_uid = 0;  // by its cgroup
    std::uint32_t parent = 0;
    std::optional<std::uint32_t> user;
    std::string arguments;  // encoded as in ProcessContext

    template <class Take>
    void each_text(Take&& take) {
        for (text_id* const each : {&node, &container_id, &name, &executable, &pod_uid}) {
            take(*each);
        }
    }
};

// What one source says of a container. Numbered by trust: of each field the first source that has it is believed.
enum class container_source : std::uint8_t { kubernetes = 0, runtime = 1, cgroup = 2 };
inline constexpr std::size_t container_source_count = 3;

// Numbered as sonde.v1.ContainerContext.Type.
enum class container_type : std::uint8_t { none = 0, container = 1, init = 2, ephemeral = 3, sandbox = 4 };

struct container_facts {
    text_id name = 0;
    text_id runtime = 0;
    text_id image_name = 0;
    text_id image_tag = 0;
    text_id image_id = 0;
    text_id pod_uid = 0;
    std::uint64_t created = 0;
    std::uint64_t started = 0;
    std::uint64_t finished = 0;
    std::uint64_t cgroup_id = 0;
    std::uint32_t init_pid = 0;
    std::uint32_t restarts = 0;
    std::optional<std::int32_t> exit_code;
    container_type type = container_type::none;
    std::string labels;  // encoded as in ContainerContext

    template <class Take>
    void each_text(Take&& take) {
        for (text_id* const each : {&name, &runtime, &image_name, &image_tag, &image_id, &pod_uid}) {
            take(*each);
        }
    }
};

struct alignas(cache_line) container_record {
    slot_head head;
    encoded told;
    text_id id = 0;
    text_id node = 0;     // of whose pids and cgroups it is; 0: not known
    text_id pod_uid = 0;  // as all sources together have it
    handle pod;
    std::uint64_t first_seen = 0;
    std::uint32_t processes = 0;   // that run in it
    bool is_on_host = false;       // `node` is known
    bool is_runtime_gone = false;  // what the runtime said was its last word
    std::uint64_t round = 0;       // of telling all containers, in which it was told last
    std::array<std::unique_ptr<container_facts>, container_source_count> facts;
    std::vector<std::uint32_t> claims;  // addresses of its own, outside of pods

    template <class Take>
    void each_text(Take&& take) {
        for (text_id* const each : {&id, &node, &pod_uid}) {
            take(*each);
        }
        for (const auto& source : facts) {
            if (source) {
                source->each_text(take);
            }
        }
    }
};

struct reference_record {
    text_id kind = 0;
    text_id name = 0;
    text_id uid = 0;
    bool operator==(const reference_record&) const = default;
};

struct alignas(cache_line) pod_record {
    slot_head head;
    encoded told;
    std::vector<std::uint32_t> services;  // slots, sorted; kept exact
    text_id alias = 0;                    // the uid that the kubelet gives a static pod's cgroup
    reason workload_missing = reason::none;
    text_id uid = 0;
    text_id name = 0;
    text_id name_space = 0;
    text_id node = 0;
    text_id phase = 0;
    text_id service_account = 0;
    reference_record owner;      // its controller
    reference_record top_owner;  // as the collector says
    std::uint64_t version = 0;
    std::uint64_t created = 0;
    std::uint64_t started = 0;
    std::uint64_t ended = 0;  // its deletion, or the end of its last container
    std::uint64_t round = 0;  // of telling all pods, in which it was told last
    bool is_host_network = false;
    bool is_static = false;
    bool has_status = false;   // the object itself was seen, not only its name
    bool is_finished = false;  // phase Succeeded or Failed: its address is free
    bool is_ending = false;
    std::vector<ip_address> addresses;
    std::vector<text_id> labels;        // "name\0value", sorted
    std::vector<handle> containers;     // that its status names
    std::vector<std::uint32_t> claims;  // slots
    std::uint32_t next_in_namespace = no_slot;
    std::uint32_t previous_in_namespace = no_slot;
    kept_states states;  // condition Ready and containers

    template <class Take>
    void each_text(Take&& take) {
        for (text_id* const each : {&uid, &name, &name_space, &node, &phase, &service_account, &alias, &owner.kind,
                                    &owner.name, &owner.uid, &top_owner.kind, &top_owner.name, &top_owner.uid}) {
            take(*each);
        }
        for (text_id& each : labels) {
            take(each);
        }
        states.each_text(take);
    }
};
static_assert(sizeof(pod_record) == 5 * cache_line);

struct node_port {
    std::uint16_t port = 0;
    std::uint8_t protocol = 0;
    bool operator==(const node_port&) const = default;
};

struct service_record {
    slot_head head;
    encoded told;
    text_id uid = 0;
    text_id name = 0;
    text_id name_space = 0;
    text_id type = 0;
    std::uint64_t version = 0;
    std::uint64_t created = 0;
    std::uint64_t ended = 0;
    std::uint64_t round = 0;
    bool has_object = false;            // its JSON was seen: the selector is known
    std::vector<ip_address> addresses;  // cluster addresses
    std::vector<ip_address> others;     // external ones, of load balancers
    std::vector<text_id> selector;      // "name\0value", sorted
    std::vector<node_port> ports;       // at its addresses
    std::vector<node_port> node_ports;  // at those of every node
    std::vector<std::uint32_t> pods;    // slots, sorted; kept exact
    std::vector<std::uint32_t> claims;

    template <class Take>
    void each_text(Take&& take) {
        for (text_id* const each : {&uid, &name, &name_space, &type}) {
            take(*each);
        }
        for (text_id& each : selector) {
            take(each);
        }
    }
};

// An endpoints object or an endpoint slice: which pods are behind a service.
struct endpoints_record {
    slot_head head;
    text_id name_space = 0;
    text_id kind = 0;
    text_id name = 0;
    text_id service = 0;
    std::uint64_t version = 0;
    std::uint64_t round = 0;
    std::vector<text_id> pod_uids;  // sorted

    template <class Take>
    void each_text(Take&& take) {
        for (text_id* const each : {&name_space, &kind, &name, &service}) {
            take(*each);
        }
        for (text_id& each : pod_uids) {
            take(each);
        }
    }
};

struct node_record {
    slot_head head;
    encoded told;
    text_id name = 0;
    text_id uid = 0;
    text_id zone = 0;
    text_id region = 0;
    text_id provider = 0;
    text_id kubelet = 0;
    std::uint64_t version = 0;
    std::uint64_t created = 0;
    std::uint64_t ended = 0;
    std::uint64_t round = 0;
    std::vector<ip_address> addresses;
    std::vector<std::uint32_t> claims;
    kept_states states;  // conditions

    template <class Take>
    void each_text(Take&& take) {
        for (text_id* const each : {&name, &uid, &zone, &region, &provider, &kubelet}) {
            take(*each);
        }
        states.each_text(take);
    }
};

struct workload_record {
    slot_head head;
    encoded told;
    text_id kind = 0;
    text_id name = 0;
    text_id name_space = 0;
    text_id uid = 0;
    reference_record owner;
    std::uint64_t version = 0;
    std::uint64_t round = 0;

    template <class Take>
    void each_text(Take&& take) {
        for (text_id* const each : {&kind, &name, &name_space, &uid, &owner.kind, &owner.name, &owner.uid}) {
            take(*each);
        }
    }
};

struct namespace_record {
    slot_head head;
    encoded told;
    text_id name = 0;
    text_id uid = 0;
    std::string labels;  // encoded as in NamespaceContext
    std::uint64_t version = 0;
    std::uint64_t round = 0;

    template <class Take>
    void each_text(Take&& take) {
        take(name);
        take(uid);
    }
};

// Whose a cgroup is. Their ids are not given away again while the host runs.
struct cgroup_record {
    slot_head head;
    std::uint64_t id = 0;
    text_id node = 0;
    text_id container_id = 0;  // with neither: known to be outside of containers
    handle container;          // where that was found last
    text_id pod_uid = 0;

    template <class Take>
    void each_text(Take&& take) {
        for (text_id* const each : {&node, &container_id, &pod_uid}) {
            take(*each);
        }
    }
};

}  // namespace sonde::enrich_context::store
