// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/decode/registry.hpp"

#include <algorithm>
#include <array>

#include "enrich_context/decode/decoders.hpp"

namespace sonde::enrich_context::decode {
namespace {

// By length first, then by text: a look-up mostly compares numbers.
constexpr bool is_before(std::string_view one, std::string_view other) noexcept {
    return one.size() != other.size() ? one.size() < other.size() : one < other;
}

template <std::size_t Size>
consteval std::array<registered, Size> in_order(std::array<registered, Size> rows) {
    std::ranges::sort(rows, is_before, &registered::content_type);
    return rows;
}

constexpr std::array decoders = in_order(std::array{
    registered{"sonde.v1.ProcessEvent", 1, 1, domain::process, 16, &process_event},
    registered{"sonde.v1.OomKill", 1, 1, domain::process, 20, &oom_kill},
    registered{"sonde.v1.SignalEvent", 1, 1, domain::process, 21, &signal_event},
    registered{"sonde.v1.ConnectionEvent", 1, 1, domain::connection, 17, &connection_event},
    registered{"sonde.v1.DnsEvent", 1, 1, domain::network, 18, &dns_event},
    registered{"sonde.v1.HttpEvent", 1, 1, domain::network, layout::event::http, &http_event},
    registered{"sonde.v1.TcpSend", 1, 1, domain::network, 22, &tcp_send},
    registered{"sonde.v1.NetworkNamespaceEvent", 1, 1, domain::network, 38, &network_namespace_event},
    registered{"sonde.v1.ConnectCall", 1, 1, domain::network, 39, &connect_call},
    registered{"sonde.v1.FileOpen", 1, 1, domain::process, 40, &file_open},
    registered{"sonde.v1.KubernetesObject", 1, 1, domain::k8s, layout::event::kubernetes, &kubernetes_object},
    registered{"sonde.v1.KubeletEvent", 1, 1, domain::kubelet, 24, &kubelet_event},
    registered{"sonde.v1.KubeletStats", 1, 1, domain::kubelet, 25, &kubelet_stats},
    registered{"sonde.v1.ContainerEvent", 1, 1, domain::container, 26, &container_event},
    registered{"sonde.v1.SystemdUnitEvent", 1, 1, domain::systemd, layout::event::systemd_unit, &systemd_unit},
    registered{"sonde.v1.SystemdJobEvent", 1, 1, domain::systemd, 28, &systemd_job},
    registered{"sonde.v1.JournalEntry", 1, 1, domain::systemd, 29, &journal_entry},
    registered{"sonde.v1.HostEvent", 1, 1, domain::host, 30, &host_event},
    registered{"sonde.v1.MetricSet", 1, 1, domain::generic, 32, &metric_set},
    registered{"sonde.v1.CniEvent", 1, 1, domain::cni, 37, &cni_event},
    registered{"sonde.v1.EtcdEvent", 1, 1, domain::etcd, 33, &etcd_event},
    registered{"sonde.v1.EtcdStatus", 1, 1, domain::etcd, 34, &etcd_status},
    registered{"sonde.v1.VaultStatus", 1, 1, domain::vault, 35, &vault_status},
    registered{"sonde.v1.VaultAuditEvent", 1, 1, domain::vault, 36, &vault_audit},
});

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
    const auto found = std::ranges::lower_bound(decoders, from.content_type, is_before, &registered::content_type);
    if (found == decoders.end() || found->content_type != from.content_type) {
        pass(to, unknown_type, "content_type");
        return verdict::unknown;
    }
    if (from.revision < found->least_revision || from.revision > found->most_revision) {
        pass(to, unknown_type, "revision");
        return verdict::unknown;
    }
    to.to = found->to;
    to.body = found->body;
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
