// SPDX-License-Identifier: Apache-2.0
// What the pipeline asks of the entity store, in passive types: who an envelope is about, who is behind an address, and
// the answer as bytes that go into the unified event as they are.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace sonde::enrich_context {

// What is known of the origin of an event; anything may be missing. Times are Unix nanoseconds.
struct subject {
    // The envelope's resource.node_name: pids, cgroup ids and network namespaces are numbered by each host on its own.
    // Empty: this host.
    std::string_view node_name{};
    // /etc/machine-id of where it happened, if the event says so: a host also tells of others, as from their journals.
    // Empty: where node_name says.
    std::string_view machine_id{};
    std::uint32_t pid = 0;
    std::uint64_t process_start = 0;
    std::uint64_t cgroup_id = 0;
    std::string_view container_id{};
    std::string_view pod_uid{};
    std::string_view pod_name{};
    std::string_view pod_namespace{};
    std::uint64_t time = 0;  // of the event, 0: now; pids, addresses and names of pods are reused
};

using ip_address = std::array<std::uint8_t, 16>;  // network order; IPv4 is mapped (::ffff:a.b.c.d)

// The other end of a connection.
struct remote {
    ip_address address{};
    std::uint16_t port = 0;
    std::uint8_t protocol = 0;            // IPPROTO_TCP, IPPROTO_UDP
    std::uint32_t network_namespace = 0;  // inode: tells loopback addresses of different pods apart
    std::uint64_t time = 0;               // 0: now
    std::string_view node_name{};         // of the host that saw the connection, see subject.node_name
};

// Numbered as sonde.v1.Context.Missing.Reason.
enum class reason : std::uint8_t {
    none = 0,
    not_applicable = 1,
    not_synced = 2,
    not_found = 3,
    evicted = 4,
    ambiguous = 5,
    no_source = 6,
    timed_out = 7,
};

struct answer {
    // The fields of a sonde.v1.Context but `names`, encoded; valid as entity_store says. It holds a Missing for each
    // section that could be there and is not.
    std::span<const std::uint8_t> context{};
    // Of the most specific entity, see EntityEvent.key; empty if nothing is known. Valid as long.
    std::string_view entity_key{};
    // Why the most specific section that could be there is absent; none if all is there.
    reason missing = reason::none;
    // Waiting may complete it: a source is still syncing, or the entity is younger than its sources' delay.
    bool may_improve = false;
    // A pod is known by its control group's name alone: it will be told, however late.
    bool is_awaited = false;
};

}  // namespace sonde::enrich_context
