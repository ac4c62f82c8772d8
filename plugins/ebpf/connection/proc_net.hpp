// SPDX-License-Identifier: Apache-2.0
// Listening and bound ports as /proc/PID/net/{tcp,tcp6,udp,udp6} show them, once per network namespace. Reads files and
// blocks as long as the kernel takes; bounded in processes, namespaces and bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ebpf/connection/direction.hpp"

namespace sonde::ebpf::connection {

// What a line tells that matters here.
struct socket_line {
    std::uint16_t local_port = 0;
    std::uint16_t remote_port = 0;
    std::uint8_t state = 0;
};

// A line of those files behind the heading; nothing if it is not one.
[[nodiscard]] std::optional<socket_line> parse_socket_line(std::string_view line) noexcept;

// "net:[4026531840]" to the inode.
[[nodiscard]] std::optional<std::uint32_t> parse_namespace_link(std::string_view text) noexcept;

struct walk_limits {
    std::size_t processes = 65536;
    std::size_t namespaces = 4096;
    std::size_t file_bytes = std::size_t{16} << 20;
};

struct walk_stats {
    std::uint64_t namespaces = 0;
    std::uint64_t bindings = 0;
    std::uint64_t malformed = 0;   // lines
    std::uint64_t unreadable = 0;  // namespaces or files that could not be read
    bool is_cut = false;           // a limit ended the walk
};

// Adds the ports of every network namespace that a process under `proc_root` lives in. UDP sockets on ephemeral ports
// belong to clients and are left out.
walk_stats seed_bindings(port_bindings& into, const std::string& proc_root, const port_range& ephemeral,
                         const walk_limits& limits = {});

}  // namespace sonde::ebpf::connection
