// SPDX-License-Identifier: Apache-2.0
// Any bytes as the JSON of a pod, a service and a node, whole and cut, and as whole messages: nothing is read beyond
// its end, what is read is within the input, and the store that took them still answers with whole messages.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "enrich_context/store/object_facts.hpp"
#include "enrich_context/store/store.hpp"

namespace {

using namespace sonde::enrich_context;
using bytes = std::span<const std::uint8_t>;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void read_facts(store::object_reader& reader, bytes json) {
    if (const auto pod = reader.read_pod(json)) {
        for (const store::container_status& each : pod->containers) {
            require(!each.id.empty() && each.id.find("://") == std::string_view::npos);
        }
        require(pod->addresses.size() <= json.size());
    }
    if (const auto service = reader.read_service(json)) {
        for (const store::node_port& each : service->node_ports) {
            require(each.port != 0 && each.protocol != 0);
        }
    }
    static_cast<void>(reader.read_node(json));
}

void tell(entity_store& to, std::string_view type, bytes payload) {
    sonde::schema::envelope_view envelope;
    envelope.time = 1'795'000'000'000'000'000;
    envelope.content_type = type;
    envelope.data = payload;
    static_cast<void>(to.take(envelope, std::chrono::nanoseconds(envelope.time)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const bytes input(data, size);
    store::object_reader reader;
    read_facts(reader, input);
    read_facts(reader, input.first(size / 2));

    store_settings settings;
    settings.limits = {.processes = 4,
                       .containers = 4,
                       .pods = 4,
                       .services = 4,
                       .nodes = 4,
                       .workloads = 4,
                       .namespaces = 4,
                       .endpoints = 4,
                       .cgroups = 4,
                       .local_ports = 4};
    entity_store knows(std::move(settings));
    for (const std::string_view type : {"sonde.v1.KubernetesObject", "sonde.v1.ContainerEvent", "sonde.v1.ProcessEvent",
                                        "sonde.v1.ConnectionEvent"}) {
        tell(knows, type, input);
        tell(knows, type, input.first(size / 2));
    }
    const answer told = knows.find({.pid = 1, .pod_name = "a", .pod_namespace = "b"});
    require(!told.context.empty());
    while (const told_entity* const each = knows.next_change()) {
        require(!each->key.empty() && !each->data.empty());
    }
    knows.tick(std::chrono::nanoseconds(INT64_MAX));
    require(knows.stats().kinds[static_cast<std::size_t>(entity_kind::pod)].entities <= 4);
    return 0;
}
