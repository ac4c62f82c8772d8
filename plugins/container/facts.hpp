// SPDX-License-Identifier: Apache-2.0
// What is known of one container, as one source tells it or as all of them together do. Passive values; zero and empty
// mean unknown.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sonde::container {

// Who tells of containers, best first; numbers are those of ContainerEvent.Source.
enum class source : std::uint8_t { cri = 1, containerd = 2, docker = 3, state_file = 4, cgroup = 5 };
inline constexpr std::size_t source_count = 5;

// One place that tells: a socket, a directory. Better ones sort first.
struct origin {
    source kind = source::cgroup;
    std::uint8_t number = 0;
    auto operator<=>(const origin&) const = default;
};

// Numbers are those of ContainerEvent.State and ContainerContext.Type.
enum class run_state : std::uint8_t { unknown = 0, created = 1, running = 2, paused = 3, exited = 4 };
enum class container_type : std::uint8_t { unknown = 0, container = 1, init = 2, ephemeral = 3, sandbox = 4 };

struct published_port {
    std::uint32_t container_port = 0;
    std::uint32_t host_port = 0;
    std::string host_address;  // 4 or 16 bytes
    std::string protocol;
    bool operator==(const published_port&) const = default;
};

struct container_facts {
    std::string id;
    std::string name;
    std::string runtime;
    std::string image_name;
    std::string image_tag;
    std::string image_id;
    std::string pod_uid;
    std::string pod_name;
    std::string pod_namespace;
    std::string sandbox_id;
    std::string runtime_namespace;
    std::string cgroup_path;
    std::vector<std::pair<std::string, std::string>> labels;
    std::vector<std::string> ip_addresses;  // 4 or 16 bytes each
    std::vector<published_port> ports;
    std::int64_t created = 0;  // times are Unix ns
    std::int64_t started = 0;
    std::int64_t finished = 0;
    std::optional<std::int32_t> exit_code;
    std::uint64_t cgroup_id = 0;
    std::uint32_t init_pid = 0;
    std::uint32_t network_namespace = 0;
    bool is_host_network = false;
    run_state state = run_state::unknown;
    container_type type = container_type::unknown;
    std::uint32_t restart_count = 0;

    bool operator==(const container_facts&) const = default;
};

// Who a container is believed to be, beside what is known of it.
struct container_row {
    container_facts facts;
    source by = source::cgroup;               // whose word came last
    std::vector<source> known_by;             // best first
    source process_by = source::cgroup;       // who told init_pid
    std::vector<std::string> contradictions;  // "init_pid: state_file 12, cri 13"
};

}  // namespace sonde::container
