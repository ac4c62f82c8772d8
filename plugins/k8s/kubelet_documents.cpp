// SPDX-License-Identifier: Apache-2.0
#include "k8s/kubelet_documents.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <utility>

#include "common/json_fields.hpp"

namespace sonde::k8s {
namespace {

namespace json = common::json;

constexpr int nano = 9;

std::optional<std::uint64_t> number(json::element of, std::string_view key) {
    std::uint64_t found = 0;
    return of[key].get(found) == simdjson::SUCCESS ? std::optional(found) : std::nullopt;
}

void read_usage(json::element from, kubelet_usage& to) {
    json::with_object(from, "cpu", [&](json::element cpu) {
        to.cpu_nano_cores = number(cpu, "usageNanoCores");
        to.cpu_core_nano_seconds = number(cpu, "usageCoreNanoSeconds");
    });
    json::with_object(from, "memory", [&](json::element memory) {
        to.memory_usage = number(memory, "usageBytes");
        to.memory_working_set = number(memory, "workingSetBytes");
        to.memory_rss = number(memory, "rssBytes");
        to.memory_available = number(memory, "availableBytes");
    });
    json::with_object(from, "network", [&](json::element network) {
        to.network_received = number(network, "rxBytes");
        to.network_transmitted = number(network, "txBytes");
    });
    for (const std::string_view storage : {"fs", "rootfs", "ephemeral-storage"}) {
        json::with_object(from, storage, [&](json::element disk) {
            to.storage_used = number(disk, "usedBytes");
            to.storage_capacity = number(disk, "capacityBytes");
        });
    }
}

std::string without_scheme(std::string_view id) {
    const std::size_t at = id.find("://");
    return std::string(at == std::string_view::npos ? id : id.substr(at + 3));
}

void read_ends(json::element status, kubelet_container& to) {
    for (const std::string_view state : {"state", "lastState"}) {
        json::with_object(status, state, [&](json::element at) {
            json::with_object(at, "terminated", [&](json::element end) {
                to.ends.push_back({without_scheme(json::text(end, "containerID")),
                                   std::string(json::text(end, "reason")), std::string(json::text(end, "message")),
                                   static_cast<std::int32_t>(json::integer(end, "exitCode"))});
            });
        });
    }
}

kubelet_container container_of(json::element status) {
    kubelet_container to;
    to.name = json::text(status, "name");
    to.container_id = without_scheme(json::text(status, "containerID"));
    to.restarts = static_cast<std::uint32_t>(json::integer(status, "restartCount"));
    json::with_object(status, "state", [&](json::element state) {
        json::with_object(state, "waiting", [&](json::element waiting) {
            to.waiting_reason = json::text(waiting, "reason");
            to.waiting_message = json::text(waiting, "message");
            if (to.waiting_reason.empty()) {
                to.waiting_reason = "Waiting";
            }
        });
    });
    read_ends(status, to);
    return to;
}

void read_limits(json::element spec, kubelet_pod& pod) {
    json::each_item(spec, "containers", [&](json::element container) {
        const std::string_view name = json::text(container, "name");
        json::with_object(container, "resources", [&](json::element resources) {
            json::with_object(resources, "limits", [&](json::element limits) {
                for (kubelet_container& each : pod.containers) {
                    if (each.name == name) {
                        each.cpu_limit = parse_quantity(json::text(limits, "cpu"), nano);
                        each.memory_limit = parse_quantity(json::text(limits, "memory"), 0);
                        each.storage_limit = parse_quantity(json::text(limits, "ephemeral-storage"), 0);
                    }
                }
            });
        });
    });
}

kubelet_pod pod_of(json::element item) {
    kubelet_pod pod;
    json::with_object(item, "metadata", [&](json::element metadata) {
        pod.in_namespace = json::text(metadata, "namespace");
        pod.name = json::text(metadata, "name");
        pod.uid = json::text(metadata, "uid");
    });
    json::with_object(item, "status", [&](json::element status) {
        pod.phase = json::text(status, "phase");
        json::each_item(status, "conditions", [&](json::element condition) {
            if (json::text(condition, "type") == "Ready") {
                pod.is_ready = json::text(condition, "status") == "True";
                pod.not_ready_reason = json::text(condition, "reason");
                pod.not_ready_message = json::text(condition, "message");
            }
        });
        for (const std::string_view list : {"initContainerStatuses", "containerStatuses"}) {
            json::each_item(status, list,
                            [&](json::element container) { pod.containers.push_back(container_of(container)); });
        }
    });
    json::with_object(item, "spec", [&](json::element spec) { read_limits(spec, pod); });
    return pod;
}

// The parsed document and its root, or why not.
result<json::element> parse(simdjson::dom::parser& parser, std::string_view text) {
    json::element root;
    if (const auto code = parser.parse(text.data(), text.size(), true).get(root); code != simdjson::SUCCESS) {
        return fail(errc::invalid, std::string("the answer is not valid JSON: ") + simdjson::error_message(code));
    }
    if (!root.is_object()) {
        return fail(errc::invalid, "the answer is not an object");
    }
    return root;
}

}  // namespace

result<kubelet_summary> read_summary(std::string_view text) {
    simdjson::dom::parser parser;
    const auto root = parse(parser, text);
    if (!root) {
        return std::unexpected(root.error());
    }
    kubelet_summary found;
    json::with_object(*root, "node", [&](json::element node) { read_usage(node, found.node); });
    json::each_item(*root, "pods", [&](json::element item) {
        kubelet_usage pod;
        json::with_object(item, "podRef", [&](json::element reference) {
            pod.in_namespace = json::text(reference, "namespace");
            pod.pod = json::text(reference, "name");
            pod.pod_uid = json::text(reference, "uid");
        });
        const kubelet_usage names = pod;
        read_usage(item, pod);
        found.pods.push_back(std::move(pod));
        json::each_item(item, "containers", [&](json::element container) {
            kubelet_usage of = names;
            of.container = json::text(container, "name");
            read_usage(container, of);
            found.pods.push_back(std::move(of));
        });
    });
    return found;
}

result<std::vector<kubelet_pod>> read_pods(std::string_view text) {
    simdjson::dom::parser parser;
    const auto root = parse(parser, text);
    if (!root) {
        return std::unexpected(root.error());
    }
    std::vector<kubelet_pod> found;
    json::each_item(*root, "items", [&](json::element item) { found.push_back(pod_of(item)); });
    return found;
}

std::optional<std::uint64_t> parse_quantity(std::string_view text, int decimals) noexcept {
    constexpr std::array<std::pair<std::string_view, double>, 14> suffixes{{{"", 1.0},
                                                                            {"n", 1e-9},
                                                                            {"u", 1e-6},
                                                                            {"m", 1e-3},
                                                                            {"k", 1e3},
                                                                            {"M", 1e6},
                                                                            {"G", 1e9},
                                                                            {"T", 1e12},
                                                                            {"P", 1e15},
                                                                            {"Ki", 1024.0},
                                                                            {"Mi", 1048576.0},
                                                                            {"Gi", 1073741824.0},
                                                                            {"Ti", 1099511627776.0},
                                                                            {"Pi", 1125899906842624.0}}};
    double value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    const std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
    if (problem != std::errc{} || !std::isfinite(value) || value < 0) {
        return std::nullopt;
    }
    for (const auto& [suffix, factor] : suffixes) {
        if (rest == suffix) {
            const double scaled = std::round(value * factor * std::pow(10.0, decimals));
            return scaled < 1.8e19 ? std::optional(static_cast<std::uint64_t>(scaled)) : std::nullopt;
        }
    }
    return std::nullopt;
}

}  // namespace sonde::k8s
