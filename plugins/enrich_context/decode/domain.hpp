// SPDX-License-Identifier: Apache-2.0
// What sorts of events there are: each has a topic, and a name in metrics that is the component type of its collector
// where it has just one.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sonde::enrich_context::decode {

enum class domain : std::uint8_t {
    process,
    network,
    connection,
    k8s,
    kubelet,
    container,
    systemd,
    host,
    cni,
    etcd,
    prometheus,
    vault,
    generic,
};

struct domain_row {
    domain of;
    std::string_view name;
    const char* topic;
};

inline constexpr std::array domains{
    domain_row{domain::process, "process", "event/process/"},
    domain_row{domain::network, "network", "event/network/"},
    domain_row{domain::connection, "connection", "conn/"},
    domain_row{domain::k8s, "k8s", "event/k8s/"},
    domain_row{domain::kubelet, "kubelet", "event/kubelet/"},
    domain_row{domain::container, "container", "event/container/"},
    domain_row{domain::systemd, "systemd", "event/systemd/"},
    domain_row{domain::host, "host", "event/host/"},
    domain_row{domain::cni, "cni", "event/cni/"},
    domain_row{domain::etcd, "etcd", "event/etcd/"},
    domain_row{domain::prometheus, "prometheus", "event/prometheus/"},
    domain_row{domain::vault, "vault", "event/vault/"},
    domain_row{domain::generic, "generic", "event/generic/"},
};
inline constexpr std::size_t domain_count = domains.size();

[[nodiscard]] constexpr bool are_in_order(const std::array<domain_row, domain_count>& rows) noexcept {
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (static_cast<std::size_t>(rows[i].of) != i) {
            return false;
        }
    }
    return true;
}
static_assert(are_in_order(domains), "a domain is the number of its row");

}  // namespace sonde::enrich_context::decode
