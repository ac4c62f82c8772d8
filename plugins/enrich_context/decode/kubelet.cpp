// SPDX-License-Identifier: Apache-2.0
// sonde.v1.KubeletEvent and KubeletStats.
#include <array>

#include "enrich_context/decode/decoders.hpp"
#include "enrich_context/decode/entity_key.hpp"
#include "k8s/schema.hpp"

namespace sonde::enrich_context::decode {
namespace {

namespace fields = k8s::schema;

struct condition_row {
    std::string_view type;
    severity while_it_holds;
};

// By sonde.v1.KubeletEvent.Condition.
constexpr std::array<condition_row, 9> conditions{{
    {"", severity::info},
    {"kubelet.node_memory_pressure", severity::error},
    {"kubelet.memory_near_limit", severity::warn},
    {"kubelet.ephemeral_storage", severity::warn},
    {"kubelet.container_waiting", severity::warn},
    {"kubelet.container_terminated", severity::warn},
    {"kubelet.crash_loop", severity::error},
    {"kubelet.pod_not_ready", severity::warn},
    {"kubelet.cpu_near_limit", severity::warn},
}};

// What is about no pod is about the node, whose kubelet is asked on the node itself. The name of the host is not always
// that of the node.
void name_node(const schema::envelope_view& from, decoded& to) {
    constexpr std::uint32_t host_name = 3;  // sonde.v1.NodeNameOrigin
    const schema::resource_view& by = from.resource;
    const bool is_told = !by.node_name.empty() && by.node_name_origin != host_name;
    if (to.about.pod_uid.empty() && to.about.pod_name.empty() && is_told) {
        write_key({.kind = "Node", .in_namespace = {}, .name = by.node_name, .uid = {}}, to);
    }
}

}  // namespace

verdict kubelet_event(const schema::envelope_view& from, decoded& to) {
    std::uint64_t condition = 0;
    bool ended = false;
    std::string_view reason;
    std::string_view message;
    const bool whole = walk(from.data, [&](const wire::field& field) {
        switch (field.number) {
        case fields::condition::condition: condition = field.value; break;
        case fields::condition::ended: ended = field.value != 0; break;
        case fields::condition::in_namespace: to.about.pod_namespace = field.text(); break;
        case fields::condition::pod_name: to.about.pod_name = field.text(); break;
        case fields::condition::pod_uid: to.about.pod_uid = field.text(); break;
        case fields::condition::container_id: to.about.container_id = field.text(); break;
        case fields::condition::reason: reason = field.text(); break;
        case fields::condition::message: message = field.text(); break;
        default: break;
        }
    });
    if (!whole) {
        return verdict::malformed;
    }
    if (condition == 0) {
        to.fault = "condition";
        return verdict::malformed;
    }
    if (condition >= conditions.size()) {
        return verdict::unknown;
    }
    const condition_row& row = conditions[static_cast<std::size_t>(condition)];
    to.type = ended ? to.type_text.begin().add(row.type).add(".ended").view() : row.type;
    to.severity = ended ? severity::info : row.while_it_holds;
    name_node(from, to);
    to.message = message.empty() ? reason : message;
    to.message_is_told = true;
    return verdict::event;
}

verdict kubelet_stats(const schema::envelope_view& from, decoded& to) {
    const bool whole = walk(from.data, [&](const wire::field& field) {
        switch (field.number) {
        case fields::stats::in_namespace: to.about.pod_namespace = field.text(); break;
        case fields::stats::pod_name: to.about.pod_name = field.text(); break;
        case fields::stats::pod_uid: to.about.pod_uid = field.text(); break;
        default: break;
        }
    });
    if (!whole) {
        return verdict::malformed;
    }
    to.type = "kubelet.stats";
    name_node(from, to);
    return verdict::event;
}

}  // namespace sonde::enrich_context::decode
