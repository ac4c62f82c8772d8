// SPDX-License-Identifier: Apache-2.0
// What a kubelet answers to /stats/summary and /pods, as far as it is used. Whatever it leaves out stays absent: fresh
// pods have no statistics, and static ones no status.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/result.hpp>

namespace sonde::k8s {

// Of a node, a pod or a container.
struct kubelet_usage {
    std::string in_namespace;
    std::string pod;
    std::string pod_uid;
    std::string container;
    std::optional<std::uint64_t> cpu_nano_cores;
    std::optional<std::uint64_t> cpu_core_nano_seconds;
    std::optional<std::uint64_t> memory_usage;
    std::optional<std::uint64_t> memory_working_set;
    std::optional<std::uint64_t> memory_rss;
    std::optional<std::uint64_t> memory_available;
    std::optional<std::uint64_t> storage_used;
    std::optional<std::uint64_t> storage_capacity;
    std::optional<std::uint64_t> network_received;
    std::optional<std::uint64_t> network_transmitted;
};

struct kubelet_summary {
    kubelet_usage node;
    std::vector<kubelet_usage> pods;  // each followed by its containers
};

struct container_end {
    std::string container_id;
    std::string reason;
    std::string message;
    std::int32_t exit_code = 0;
};

struct kubelet_container {
    std::string name;
    std::string container_id;    // without its runtime's prefix
    std::string waiting_reason;  // empty: not waiting
    std::string waiting_message;
    std::vector<container_end> ends;  // the present and the last one, where there is one
    std::uint32_t restarts = 0;
    std::optional<std::uint64_t> cpu_limit;      // nanocores
    std::optional<std::uint64_t> memory_limit;   // bytes
    std::optional<std::uint64_t> storage_limit;  // bytes
};

struct kubelet_pod {
    std::string in_namespace;
    std::string name;
    std::string uid;
    std::string phase;
    std::optional<bool> is_ready;
    std::string not_ready_reason;
    std::string not_ready_message;
    std::vector<kubelet_container> containers;
};

[[nodiscard]] result<kubelet_summary> read_summary(std::string_view text);
[[nodiscard]] result<std::vector<kubelet_pod>> read_pods(std::string_view text);

// A quantity ("128Mi", "250m", "1e3") in units of 10^-`decimals`; nothing for any other text.
[[nodiscard]] std::optional<std::uint64_t> parse_quantity(std::string_view text, int decimals) noexcept;

}  // namespace sonde::k8s
