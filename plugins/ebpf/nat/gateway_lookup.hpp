// SPDX-License-Identifier: Apache-2.0
// The router on the way to a peer, by asking the routing table of a network namespace. Answers, also that there is
// none, are kept for a minute. An answer of the kernel takes microseconds; the wait for it is bounded. Single thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>

#include "ebpf/connection/bounded_map.hpp"
#include "ebpf/connection/lookups.hpp"
#include "ebpf/nat/netlink_socket.hpp"

namespace sonde::ebpf::nat {

struct gateway_settings {
    std::size_t max_answers = 8192;
    std::size_t max_namespaces = 256;  // open sockets
    std::chrono::nanoseconds lifetime = std::chrono::minutes(1);
};

struct gateway_stats {
    std::uint64_t asked = 0;       // of the kernel
    std::uint64_t unanswered = 0;  // no route, no permission, no namespace
    std::uint64_t no_room = 0;     // answers that could not be kept
};

class gateway_lookup final {
public:
    // Opens /proc/PID/ns/net of some process in that namespace, or gives -1; the lookup closes it.
    using open_namespace = std::function<int(std::uint32_t inode)>;

    explicit gateway_lookup(open_namespace opener, const gateway_settings& settings = {});

    [[nodiscard]] std::optional<connection::hop> find(std::uint32_t network_namespace, const connection::address& to,
                                                      connection::ip_family family, std::uint64_t now);
    // Forgets a namespace that ended.
    void drop(std::uint32_t network_namespace) { sockets_.erase(network_namespace); }

    [[nodiscard]] const gateway_stats& stats() const noexcept { return stats_; }

private:
    struct place_key {
        connection::address to{};
        std::uint32_t network_namespace = 0;
        connection::ip_family family = connection::ip_family::ipv4;
        bool operator==(const place_key&) const = default;
    };
    struct answer {
        place_key key;
        std::uint64_t until = 0;
        std::optional<connection::hop> next;
    };
    struct traits {
        static const place_key& key(const answer& of) noexcept { return of.key; }
        static std::uint64_t hash(const place_key& of, std::uint64_t seed) noexcept {
            return connection::hash(
                connection::tuple{{of.to, 0}, {}, of.network_namespace, of.family, connection::transport::tcp}, seed);
        }
    };

    const netlink_socket* socket_of(std::uint32_t network_namespace);
    std::optional<connection::hop> ask(const place_key& about);
    void keep(const answer& made, std::uint64_t now);

    open_namespace open_;
    gateway_settings settings_;
    connection::bounded_map<answer, traits> answers_;
    std::unordered_map<std::uint32_t, netlink_socket> sockets_;
    std::uint32_t sequence_ = 0;
    std::uint64_t last_sweep_ = 0;
    gateway_stats stats_;
};

}  // namespace sonde::ebpf::nat
