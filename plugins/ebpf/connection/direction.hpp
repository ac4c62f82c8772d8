// SPDX-License-Identifier: Apache-2.0
// Who opened a connection, when the kernel side does not say: listening and bound ports by network namespace, and the
// range that ports of clients are taken from. Single thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ebpf/connection/bounded_map.hpp"
#include "ebpf/connection/row.hpp"

namespace sonde::ebpf::connection {

// Ports that the kernel gives to sockets that ask for none. The default is the kernel's.
struct port_range {
    std::uint16_t first = 32768;
    std::uint16_t last = 60999;
    [[nodiscard]] bool contains(std::uint16_t port) const noexcept { return port >= first && port <= last; }
};

// The text of /proc/sys/net/ipv4/ip_local_port_range; nothing if it is not two ports in order.
[[nodiscard]] std::optional<port_range> parse_port_range(std::string_view text) noexcept;

// How many sockets listen on (TCP) or are bound to (UDP) each port of each network namespace. Of so many ports; what
// finds no room is counted.
class port_bindings final {
public:
    static constexpr std::size_t most = 65536;

    explicit port_bindings(std::size_t limit = most) : entries_(limit) {}

    void add(std::uint32_t network_namespace, std::uint16_t port, transport over);
    void remove(std::uint32_t network_namespace, std::uint16_t port, transport over) noexcept;
    [[nodiscard]] bool contains(std::uint32_t network_namespace, std::uint16_t port, transport over) const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    [[nodiscard]] std::uint64_t overflow() const noexcept { return overflow_; }

private:
    struct binding {
        std::uint64_t where = 0;
        std::uint32_t count = 0;
    };
    struct traits {
        static std::uint64_t key(const binding& of) noexcept { return of.where; }
        static std::uint64_t hash(std::uint64_t where, std::uint64_t seed) noexcept {
            return connection::hash(where, seed);
        }
    };

    bounded_map<binding, traits> entries_;
    std::uint64_t overflow_ = 0;
};

// What the kernel says, else whether the local port is one that is listened on.
[[nodiscard]] direction decide_direction(const row& of, const port_bindings& bindings) noexcept;

// The direction once it is known whether both ends are on this host. What the kernel saw of TCP stands; of UDP it may
// have seen an answer first.
[[nodiscard]] direction fix_direction(const row& of, bool is_intra_host, const port_range& ephemeral) noexcept;

}  // namespace sonde::ebpf::connection
