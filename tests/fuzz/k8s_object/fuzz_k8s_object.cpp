// SPDX-License-Identifier: Apache-2.0
// Any bytes as the JSON of a pod, a service and a node, whole and cut, and as whole messages: nothing is read beyond
// its end, what is read is within the input, and the store that took them still answers with whole messages.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/wire.hpp>

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
            require(!each.id.empty() && each.runtime.find("://") == std::string_view::npos);
        }
        require(pod->addresses.size() <= json.size());
    }
    if (const auto service = reader.read_service(json)) {
        for (const store::node_port& each : service->node_ports) {
            require(each.port != 0 && each.protocol != 0);
        }
    }
    static_cast<void>(reader.read_node(json));
    for (const std::string_view kind :
         {"Deployment", "StatefulSet", "DaemonSet", "Job", "Node", "PersistentVolumeClaim", "Pod"}) {
        if (const auto state = reader.read_resource(kind, json)) {
            require(!state->main.field.empty() && state->divergence_count <= state->divergences.size());
            for (const store::count_of& each : std::span(state->divergences).first(state->divergence_count)) {
                require(!each.field.empty() && each.desired != each.actual && each.desired >= 0 && each.actual >= 0);
            }
        }
    }
}

void tell(entity_store& to, std::string_view type, bytes payload) {
    sonde::schema::envelope_view envelope;
    envelope.time = 1'795'000'000'000'000'000;
    envelope.content_type = type;
    envelope.data = payload;
    static_cast<void>(to.take(envelope, std::chrono::nanoseconds(envelope.time)));
    sonde::wire::reader sections(to.object_sections(envelope));
    while (sections.next()) {
    }
    require(!sections.failed());
}

// Two objects with a form feed between them are one that changed.
void tell_changes(entity_store& to, std::string_view kind, bytes json) {
    std::vector<std::uint8_t> message(json.size() + 128);
    std::uint64_t version = 0;
    const auto end = static_cast<std::size_t>(std::ranges::find(json, '\f') - json.begin());
    for (const bytes each : {json.first(end), json.subspan(std::min(end + 1, json.size()))}) {
        namespace number = store::numbers::object;
        sonde::wire::writer out(message);
        out.uint(number::action, static_cast<std::uint64_t>(number::object_action::modified));
        out.uint(number::origin, static_cast<std::uint64_t>(number::object_origin::watch));
        out.text(number::kind, kind);
        out.text(number::name, "a");
        out.text(number::uid, "b");
        out.text(number::resource_version, std::to_string(++version));
        out.bytes(number::object_json, each);
        require(!out.overflowed());
        tell(to, store::numbers::object_type, bytes(message).first(out.size()));
    }
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
    tell_changes(knows, "Pod", input);
    tell_changes(knows, "Node", input);
    const answer told = knows.find({.pid = 1, .pod_name = "a", .pod_namespace = "b"});
    require(!told.context.empty());
    while (const told_entity* const each = knows.next_change()) {
        require(!each->key.empty() && !each->data.empty());
    }
    knows.tick(std::chrono::nanoseconds(INT64_MAX));
    require(knows.stats().kinds[static_cast<std::size_t>(entity_kind::pod)].entities <= 4);
    return 0;
}
