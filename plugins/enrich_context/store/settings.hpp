// SPDX-License-Identifier: Apache-2.0
// What the entity store is told at its making: bounds of its tables, how long the gone are remembered, which labels are
// given on, and the facts of the host that it runs on. Passive.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/host_identity.hpp"

namespace sonde::enrich_context {

// Most entities of each kind. A full table gives up the deleted first, oldest deletion first, then what was not asked
// for the longest; each is counted. Memory is taken as entities come, not ahead.
struct table_limits {
    std::size_t processes = 65'536;
    std::size_t containers = 32'768;
    std::size_t pods = 20'000;
    std::size_t services = 10'000;
    std::size_t nodes = 5'000;
    std::size_t workloads = 40'000;  // replica sets and jobs among them
    std::size_t namespaces = 5'000;
    std::size_t endpoints = 20'000;  // endpoint slices and endpoints objects, of services without a selector
    std::size_t cgroups = 65'536;
    std::size_t local_ports = 32'768;  // ends of connections on all hosts
    std::size_t hosts = 1'024;         // whose collectors tell, with this one
};

// How long an entity is still given to late events after its end.
struct kept_times {
    std::chrono::nanoseconds processes = std::chrono::seconds(60);
    std::chrono::nanoseconds containers = std::chrono::seconds(60);
    std::chrono::nanoseconds pods = std::chrono::minutes(5);
    std::chrono::nanoseconds others = std::chrono::minutes(5);
};

// Names of labels that contexts carry: "app", or a beginning as "app.kubernetes.io/*". Empty: none.
struct label_lists {
    std::vector<std::string> pods;
    std::vector<std::string> containers;
    std::vector<std::string> namespaces;
};

struct store_settings {
    table_limits limits;
    kept_times kept;
    label_lists labels;
    common::host_identity host;
    // As the envelopes of this host's collectors name it (resource.node_name). Envelopes that name no node are of this
    // host too. Empty: the first that comes names it.
    std::string node_name;
    // Most bytes of a process' arguments in its context; the rest is left out.
    std::size_t process_arguments = 1024;
    // Concludes the name of a service from a command line, as context.process.service_name; null: not wanted.
    std::string (*service_name)(std::span<const std::string_view> arguments) = nullptr;
    // Whether changes of processes are told; there may be thousands each second. Snapshots have them in any case.
    bool tells_processes = true;
    // A source whose entity is younger than this may not have told all of it yet, see answer.may_improve.
    std::chrono::nanoseconds source_delay = std::chrono::seconds(2);
};

}  // namespace sonde::enrich_context
