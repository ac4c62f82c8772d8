// SPDX-License-Identifier: Apache-2.0
// The options of the Kubernetes collector: the table that the host validates against, and the typed values.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <sonde/option.hpp>
#include <sonde/settings.hpp>

#include "k8s/access.hpp"
#include "k8s/documents.hpp"
#include "k8s/kinds.hpp"

namespace sonde::k8s {

enum class scope : std::uint8_t { automatic, node, cluster };

inline constexpr std::array<const char*, 4> scope_names{"auto", "node", "cluster", nullptr};

inline constexpr std::array option_table{
    option("kinds", option_type::list)
        .defaults("namespaces,nodes,deployments,daemonsets,statefulsets,jobs,replicasets,services,endpointslices,pods,"
                  "events")
        .explained(
            "Which kinds of objects are listed and watched",
            "Also `cronjobs`, `endpoints`, `configmaps` (without what is in them), `serviceaccounts`, "
            "`persistentvolumes`, `persistentvolumeclaims`, `horizontalpodautoscalers`, `poddisruptionbudgets` and "
            "`networkpolicies`. Only these are ever asked for. Unless this is set, `events` are left out in the "
            "node scope, since every node would tell all events of the cluster. Secrets are refused."),
    option("scope", option_type::enumeration)
        .defaults("auto")
        .one_of(scope_names.data())
        .explained("Pods of one node or of the cluster",
                   "`node` watches only the pods of the node named by `node_name`. `auto` means `node` where "
                   "NODE_NAME is set, as in a DaemonSet, and else `cluster`."),
    option("node_name", option_type::string).explained("Name of this node; by default NODE_NAME of the environment"),
    option("namespaces", option_type::list)
        .explained("Watch only these namespaces", "One list and one watch per kind and namespace. By default all."),
    option("ignored_namespaces", option_type::list).explained("Leave out the objects of these namespaces"),
    option("ignored_event_namespaces", option_type::list)
        .defaults("kube-system,kube-public,kube-node-lease")
        .explained("Leave out the events of these namespaces",
                   "Objects of the same namespaces stay, since traffic to the cluster's DNS belongs to pods of "
                   "kube-system."),
    option("field_selectors", option_type::map)
        .explained("Field selectors by kind", "For example `events = \"type=Warning\"`. The server does the work."),
    option("label_selectors", option_type::map)
        .explained("Label selectors by kind", "For example `pods = \"tier in (web,api)\"`. The server does the work."),
    option("annotations", option_type::list)
        .explained("Annotations that are kept",
                   "By default none but the uid of static pods: they often hold whole configurations."),
    option("trace_annotation", option_type::string)
        .defaults("sonde.io/trace-id")
        .explained("Annotation that sets the object trace id",
                   "32 hexadecimal digits, on the object or on one of its controllers."),
    option("keep_environment", option_type::boolean)
        .defaults("false")
        .explained("Keep the values of containers' environment variables", "They may hold passwords."),
    option("server", option_type::string)
        .excludes("kubeconfig")
        .explained("Address of the API server, https://host:port", "By default the service account or the kubeconfig."),
    option("token_file", option_type::path)
        .needs("server")
        .explained("File with a bearer token", "It is read again when it changes."),
    option("ca_file", option_type::path).needs("server").explained("Certificates of the server's authority, PEM"),
    option("certificate_file", option_type::path).needs("server").explained("Client certificate, PEM"),
    option("key_file", option_type::path).needs("certificate_file").explained("Its private key, PEM"),
    option("kubeconfig", option_type::path)
        .explained("kubeconfig file with a certificate, token or token file",
                   "Programs (`exec`), `auth-provider` and passwords in it are refused."),
    option("context", option_type::string).explained("Context of the kubeconfig; by default its current one"),
    option("service_account", option_type::path)
        .defaults("/var/run/secrets/kubernetes.io/serviceaccount")
        .explained("Directory with the token and ca.crt of a pod's service account"),
    option("proxy", option_type::string)
        .explained("Proxy to the API server: http, https, socks5 or socks5h",
                   "By default the environment's https_proxy and no_proxy."),
    option("no_proxy", option_type::string).needs("proxy").explained("Hosts that are asked without the proxy"),
    option("requests_per_second", option_type::number)
        .defaults("5")
        .range("0.1", "1000")
        .explained("Most requests to the API server in the long run"),
    option("request_burst", option_type::integer).defaults("10").range("1", "1000").explained("Most requests at once"),
    option("start_jitter", option_type::duration)
        .defaults("5s")
        .range("0s", "10m")
        .explained("Longest random pause before the first request", "Agents that start together do not ask together."),
    option("page_size", option_type::integer)
        .defaults("500")
        .range("1", "10000")
        .in_unit("{object}")
        .explained("Most objects in one answer to a list"),
    option("page_limit", option_type::bytes)
        .defaults("64MiB")
        .range("1MiB", "1GiB")
        .explained("Largest answer to a list that is read"),
    option("frame_limit", option_type::bytes)
        .defaults("8MiB")
        .range("64KiB", "256MiB")
        .explained("Largest object in a watch that is read; larger ones are left out and counted"),
    option("object_json_limit", option_type::bytes)
        .defaults("512KiB")
        .range("0", "3MiB")
        .explained("Largest object whose JSON is published",
                   "Of larger ones only names, labels, owners and relations. Keep it below the bus's record limit."),
    option("object_limit", option_type::integer)
        .defaults("200000")
        .range("100", "10000000")
        .in_unit("{object}")
        .explained("Most objects of a kind that are remembered",
                   "Changes of further ones are published, but repeated after a list, and their deletions may be "
                   "missed. An object takes about 1 KiB."),
    option("list_timeout", option_type::duration)
        .defaults("60s")
        .range("1s", "10m")
        .explained("Longest time for one answer to a list"),
    option("watch_duration", option_type::duration)
        .defaults("10m")
        .range("10s", "1h")
        .explained("Longest time for one watch; it then goes on in a new one"),
    option("watch_idle_limit", option_type::duration)
        .defaults("150s")
        .range("1s", "1h")
        .explained("A watch on which nothing is heard for so long is begun again",
                   "API servers send a bookmark about every minute."),
    option("retry_first", option_type::duration)
        .defaults("500ms")
        .range("10ms", "1m")
        .explained("First pause after a failure; it doubles, with jitter"),
    option("retry_limit", option_type::duration)
        .defaults("60s")
        .range("100ms", "1h")
        .explained("Longest pause after failures"),
    option("refused_retry", option_type::duration)
        .defaults("2m")
        .range("100ms", "24h")
        .explained("Pause after a request that is forbidden, wrong or unknown to the server"),
    option("resync_interval", option_type::duration)
        .defaults("0s")
        .range("0s", "24h")
        .explained("List everything again after so long and compare; 0s never",
                   "Watches make it needless; it costs the API server one list per kind."),
    option("kubelet", option_type::boolean)
        .defaults("false")
        .explained("Also ask this node's kubelet for its pods and statistics"),
    option("kubelet_url", option_type::string).defaults("https://127.0.0.1:10250").explained("Address of the kubelet"),
    option("kubelet_ca_file", option_type::path)
        .explained("Certificates of the kubelet's authority, PEM",
                   "Unless the kubelet's certificate comes from the cluster's authority, see `kubelet_verify`."),
    option("kubelet_verify", option_type::boolean)
        .defaults("true")
        .explained("Check the kubelet's certificate",
                   "Kubelets make their own certificates unless serverTLSBootstrap is set. Switch this off only for a "
                   "kubelet on the same machine."),
    option("kubelet_stats_interval", option_type::duration)
        .defaults("10s")
        .range("1s", "1h")
        .explained("Time between two looks at the statistics"),
    option("kubelet_pods_interval", option_type::duration)
        .defaults("30s")
        .range("1s", "1h")
        .explained("Time between two looks at the pods"),
};

struct kubelet_values {
    bool is_on = false;
    std::string url;
    std::string ca_file;
    bool verifies = true;
    std::chrono::nanoseconds stats_interval{};
    std::chrono::nanoseconds pods_interval{};
};

struct option_values {
    std::vector<kind_id> kinds;
    std::string node_name;  // empty: pods of the whole cluster
    std::vector<std::string> namespaces;
    std::set<std::string, std::less<>> ignored_namespaces;
    std::set<std::string, std::less<>> ignored_event_namespaces;  // includes the former
    std::map<kind_id, std::string> field_selectors;
    std::map<kind_id, std::string> label_selectors;
    filter_settings kept;
    access_settings access;
    double requests_per_second = 0;
    std::uint32_t request_burst = 0;
    std::chrono::nanoseconds start_jitter{};
    std::uint32_t page_size = 0;
    std::size_t page_limit = 0;
    std::size_t frame_limit = 0;
    std::size_t object_json_limit = 0;
    std::size_t object_limit = 0;
    std::chrono::nanoseconds list_timeout{};
    std::chrono::nanoseconds watch_duration{};
    std::chrono::nanoseconds watch_idle_limit{};
    std::chrono::nanoseconds retry_first{};
    std::chrono::nanoseconds retry_limit{};
    std::chrono::nanoseconds refused_retry{};
    std::chrono::nanoseconds resync_interval{};
    kubelet_values kubelet;
};

// `from` is asked for NODE_NAME.
[[nodiscard]] result<option_values> read_options(const settings& values, const environment& from);

}  // namespace sonde::k8s
