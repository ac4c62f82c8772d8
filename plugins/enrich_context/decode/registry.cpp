// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/decode/registry.hpp"

#include <algorithm>
#include <array>

#include "enrich_context/decode/decoders.hpp"

namespace sonde::enrich_context::decode {
namespace {

// By length first, then by text: a look-up mostly compares one text.
constexpr std::array decoders{
    registered{"sonde.v1.OomKill", 1, 1, &oom_kill},
    registered{"sonde.v1.TcpSend", 1, 1, &tcp_send},
    registered{"sonde.v1.DnsEvent", 1, 1, &dns_event},
    registered{"sonde.v1.HttpEvent", 1, 1, &http_event},
    registered{"sonde.v1.SignalEvent", 1, 1, &signal_event},
    registered{"sonde.v1.KubeletEvent", 1, 1, &kubelet_event},
    registered{"sonde.v1.KubeletStats", 1, 1, &kubelet_stats},
    registered{"sonde.v1.ProcessEvent", 1, 1, &process_event},
    registered{"sonde.v1.ContainerEvent", 1, 1, &container_event},
    registered{"sonde.v1.ConnectionEvent", 1, 1, &connection_event},
    registered{"sonde.v1.KubernetesObject", 1, 1, &kubernetes_object},
};

void pass(decoded& to, std::string_view type, std::string_view fault) {
    to.type = type;
    to.severity = severity::info;
    to.to = domain::generic;
    to.body = layout::event::generic;
    to.message = {};
    to.entity_key = {};
    to.fault = fault;
    to.is_connection = to.has_remote = to.has_dialled = to.has_peer_process = false;
}

}  // namespace

std::span<const registered> known_decoders() noexcept { return decoders; }

verdict decode(const schema::envelope_view& from, decoded& to) {
    to.clear();
    to.about = {.node_name = from.resource.node_name,
                .pid = from.pid,
                .process_start = from.process_start_time,
                .cgroup_id = from.cgroup_id,
                .container_id = from.container_id,
                .pod_uid = from.pod_uid,
                .pod_name = from.pod_name,
                .pod_namespace = from.pod_namespace,
                .time = from.time};
    const auto found = std::ranges::find(decoders, from.content_type, &registered::content_type);
    if (found == decoders.end()) {
        pass(to, unknown_type, "content_type");
        return verdict::unknown;
    }
    if (from.revision < found->least_revision || from.revision > found->most_revision) {
        pass(to, unknown_type, "revision");
        return verdict::unknown;
    }
    const verdict said = found->decode(from, to);
    to.actual.node_name = to.dialled.node_name = to.peer_process.node_name = from.resource.node_name;
    if (said == verdict::malformed) {
        pass(to, malformed_type, to.fault.empty() ? "payload" : to.fault);
    } else if (said == verdict::unknown) {
        pass(to, unknown_type, to.fault.empty() ? "kind" : to.fault);
    } else if (from.snapshot) {
        return verdict::state;
    }
    return said;
}

}  // namespace sonde::enrich_context::decode
