// SPDX-License-Identifier: Apache-2.0
#include "etcd/registry_key.hpp"

#include <algorithm>
#include <array>

namespace sonde::etcd {
namespace {

// Resources of the API server itself: how the key names them, their name in the API where it is another, kind and
// group. Sorted by the first. Some keys are older than the names (registry/*/storage of Kubernetes): nodes are minions.
struct row {
    std::string_view in_key;
    std::string_view resource;
    std::string_view kind;
    std::string_view group;
    bool has_namespace = false;
};
constexpr std::string_view same;
constexpr std::string_view admission = "admissionregistration.k8s.io";
constexpr std::string_view rbac = "rbac.authorization.k8s.io";
constexpr std::string_view flow = "flowcontrol.apiserver.k8s.io";
constexpr std::array rows{
    row{"apiextensions.k8s.io/customresourcedefinitions", "customresourcedefinitions", "CustomResourceDefinition",
        "apiextensions.k8s.io"},
    row{"apiregistration.k8s.io/apiservices", "apiservices", "APIService", "apiregistration.k8s.io"},
    row{"certificatesigningrequests", same, "CertificateSigningRequest", "certificates.k8s.io"},
    row{"clusterrolebindings", same, "ClusterRoleBinding", rbac},
    row{"clusterroles", same, "ClusterRole", rbac},
    row{"clustertrustbundles", same, "ClusterTrustBundle", "certificates.k8s.io"},
    row{"configmaps", same, "ConfigMap", "", true},
    row{"controllerrevisions", same, "ControllerRevision", "apps", true},
    row{"controllers", "replicationcontrollers", "ReplicationController", "", true},
    row{"cronjobs", same, "CronJob", "batch", true},
    row{"csidrivers", same, "CSIDriver", "storage.k8s.io"},
    row{"csinodes", same, "CSINode", "storage.k8s.io"},
    row{"csistoragecapacities", same, "CSIStorageCapacity", "storage.k8s.io", true},
    row{"daemonsets", same, "DaemonSet", "apps", true},
    row{"deployments", same, "Deployment", "apps", true},
    row{"endpointslices", same, "EndpointSlice", "discovery.k8s.io", true},
    row{"events", same, "Event", "", true},
    row{"flowschemas", same, "FlowSchema", flow},
    row{"horizontalpodautoscalers", same, "HorizontalPodAutoscaler", "autoscaling", true},
    row{"ingress", "ingresses", "Ingress", "networking.k8s.io", true},
    row{"ingressclasses", same, "IngressClass", "networking.k8s.io"},
    row{"ipaddresses", same, "IPAddress", "networking.k8s.io"},
    row{"jobs", same, "Job", "batch", true},
    row{"leases", same, "Lease", "coordination.k8s.io", true},
    row{"limitranges", same, "LimitRange", "", true},
    row{"minions", "nodes", "Node", ""},
    row{"mutatingwebhookconfigurations", same, "MutatingWebhookConfiguration", admission},
    row{"namespaces", same, "Namespace", ""},
    row{"networkpolicies", same, "NetworkPolicy", "networking.k8s.io", true},
    row{"persistentvolumeclaims", same, "PersistentVolumeClaim", "", true},
    row{"persistentvolumes", same, "PersistentVolume", ""},
    row{"poddisruptionbudgets", same, "PodDisruptionBudget", "policy", true},
    row{"pods", same, "Pod", "", true},
    row{"podsecuritypolicy", "podsecuritypolicies", "PodSecurityPolicy", "policy"},
    row{"podtemplates", same, "PodTemplate", "", true},
    row{"priorityclasses", same, "PriorityClass", "scheduling.k8s.io"},
    row{"prioritylevelconfigurations", same, "PriorityLevelConfiguration", flow},
    row{"replicasets", same, "ReplicaSet", "apps", true},
    row{"resourcequotas", same, "ResourceQuota", "", true},
    row{"rolebindings", same, "RoleBinding", rbac, true},
    row{"roles", same, "Role", rbac, true},
    row{"runtimeclasses", same, "RuntimeClass", "node.k8s.io"},
    row{"secrets", same, "Secret", "", true},
    row{"serviceaccounts", same, "ServiceAccount", "", true},
    row{"servicecidrs", same, "ServiceCIDR", "networking.k8s.io"},
    row{"services/endpoints", "endpoints", "Endpoints", "", true},
    row{"services/specs", "services", "Service", "", true},
    row{"statefulsets", same, "StatefulSet", "apps", true},
    row{"storageclasses", same, "StorageClass", "storage.k8s.io"},
    row{"validatingadmissionpolicies", same, "ValidatingAdmissionPolicy", admission},
    row{"validatingadmissionpolicybindings", same, "ValidatingAdmissionPolicyBinding", admission},
    row{"validatingwebhookconfigurations", same, "ValidatingWebhookConfiguration", admission},
    row{"volumeattachments", same, "VolumeAttachment", "storage.k8s.io"},
};
static_assert(std::is_sorted(rows.begin(), rows.end(),
                             [](const row& one, const row& other) { return one.in_key < other.in_key; }));

// Up to the next slash, which is taken too; what is left stays in `rest`.
std::string_view take_part(std::string_view& rest) noexcept {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return part;
}

const row* find(std::string_view in_key) noexcept {
    const auto at = std::lower_bound(rows.begin(), rows.end(), in_key,
                                     [](const row& one, std::string_view key) { return one.in_key < key; });
    return at != rows.end() && at->in_key == in_key ? &*at : nullptr;
}

// The name, and before it the namespace if there is one. False unless there are one or two whole parts.
bool take_names(std::string_view rest, registry_key& to) noexcept {
    to.name = take_part(rest);
    if (!rest.empty()) {
        to.name_space = to.name;
        to.name = take_part(rest);
        if (to.name_space.empty()) {
            return false;
        }
    }
    return rest.empty() && !to.name.empty();
}

}  // namespace

std::optional<registry_key> parse_registry_key(std::string_view key, std::string_view registry) noexcept {
    if (registry.empty() || !key.starts_with(registry) || key.ends_with('/')) {
        return std::nullopt;
    }
    std::string_view rest = key.substr(registry.size());
    const std::string_view whole = rest;
    registry_key found;
    const std::string_view first = take_part(rest);
    // A group has a dot in its name; services are kept in two places below one name.
    const bool has_two_parts = first.find('.') != std::string_view::npos || first == "services";
    found.resource = first;
    if (has_two_parts) {
        found.group = first;
        found.resource = take_part(rest);
    }
    if (found.resource.empty() || rest.empty()) {
        return std::nullopt;
    }
    const auto size = static_cast<std::size_t>(found.resource.data() + found.resource.size() - whole.data());
    const row* const known = find(whole.substr(0, size));
    if (!take_names(rest, found)) {
        return std::nullopt;
    }
    if (known != nullptr) {
        found.group = known->group;
        found.kind = known->kind;
        found.resource = known->resource.empty() ? found.resource : known->resource;
        return known->has_namespace == !found.name_space.empty() ? std::optional(found) : std::nullopt;
    }
    // Without a dot it is something of the API server's own, such as the allocator of service addresses.
    return found.group.find('.') == std::string_view::npos ? std::nullopt : std::optional(found);
}

bool names_secrets(std::string_view key) noexcept {
    while (!key.empty()) {
        if (take_part(key) == "secrets") {
            return true;
        }
    }
    return false;
}

}  // namespace sonde::etcd
