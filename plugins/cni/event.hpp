// SPDX-License-Identifier: Apache-2.0
// One event of any of the collector's parts. Texts belong to whoever fills it in, and live as long as the call that
// publishes it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "cni/schema.hpp"

namespace sonde::cni {

struct route_facts {
    std::string_view destination;
    std::string_view gateway;
};

struct difference {
    std::string_view key;
    std::string_view before;
    std::string_view after;
};

struct event {
    schema::kind kind = schema::kind::unspecified;
    schema::source source = schema::source::unspecified;
    schema::operation operation = schema::operation::unspecified;
    std::string_view family;
    std::string_view plugin;
    std::string_view network;
    std::string_view cni_version;
    std::string_view container_id;
    std::string_view pod_uid;
    std::string_view pod_name;
    std::string_view pod_namespace;
    std::string_view netns;
    std::uint64_t netns_inode = 0;
    std::string_view interface;
    std::vector<std::string_view> addresses;
    std::string_view subnet;
    std::string_view gateway;
    std::vector<route_facts> routes;
    std::vector<std::string_view> dns_servers;
    std::string_view dns_domain;
    std::vector<std::string_view> dns_search;
    std::vector<std::string_view> dns_options;
    std::vector<std::string_view> capabilities;
    std::chrono::nanoseconds duration{};
    std::optional<std::int32_t> exit_code;
    std::optional<std::int32_t> exit_signal;
    std::optional<bool> success;
    std::string_view error;
    std::string_view level;
    std::string_view message;
    std::string_view raw;
    bool is_raw_truncated = false;
    std::uint32_t pid = 0;
    std::string_view arguments;
    std::string_view path;
    std::uint64_t offset = 0;
    std::string_view mac_address;
    std::uint32_t mtu = 0;
    std::uint32_t interface_index = 0;
    schema::config_action config_action = schema::config_action::unspecified;
    std::vector<std::string_view> plugins;
    std::vector<difference> differences;
    bool are_differences_left_out = false;
    bool has_pool = false;
    std::uint64_t pool_used = 0;
    std::uint64_t pool_size = 0;
    std::chrono::nanoseconds time{};  // as the source tells it; 0: when it was seen
    bool is_snapshot = false;

    // As new, with the memory that it has.
    void clear();
};

// OpenTelemetry severity numbers.
inline constexpr std::uint32_t severity_info = 9;
inline constexpr std::uint32_t severity_warning = 13;
inline constexpr std::uint32_t severity_error = 17;
inline constexpr std::uint32_t severity_critical = 21;

[[nodiscard]] bool has_failed(const event& of) noexcept;
// A failed ADD is critical, other failures are errors; a CHECK, and what takes over 10 s, is a warning.
[[nodiscard]] std::uint32_t severity_of(const event& of) noexcept;

// "ADD" and the like, in upper or lower case.
[[nodiscard]] schema::operation operation_named(std::string_view name) noexcept;
[[nodiscard]] std::string_view name(schema::operation of) noexcept;

// The value of `key` in a CNI_ARGS such as "IgnoreUnknown=1;K8S_POD_NAME=web".
[[nodiscard]] std::string_view argument(std::string_view arguments, std::string_view key) noexcept;
// Fills in the pod and the container from CNI_ARGS where they are not known.
void read_arguments(event& into) noexcept;

}  // namespace sonde::cni
