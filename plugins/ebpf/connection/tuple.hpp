// SPDX-License-Identifier: Apache-2.0
// Addresses, and the tuple that names a connection within its network namespace. Tuples are canonical: IPv4 is four
// bytes and zeros, an IPv4-mapped IPv6 address is IPv4, so that equal connections compare equal. Passive data.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace sonde::ebpf::connection {

// Values are AF_INET and AF_INET6.
enum class ip_family : std::uint8_t { ipv4 = 2, ipv6 = 10 };
// Values are IPPROTO_TCP and IPPROTO_UDP.
enum class transport : std::uint8_t { tcp = 6, udp = 17 };

using address = std::array<std::uint8_t, 16>;  // network order

struct endpoint {
    address ip{};
    std::uint16_t port = 0;
    bool operator==(const endpoint&) const = default;
};

struct tuple {
    endpoint local;
    endpoint remote;
    std::uint32_t network_namespace = 0;  // inode
    ip_family family = ip_family::ipv4;
    transport protocol = transport::tcp;
    bool operator==(const tuple&) const = default;
};

// The socket's cookie and the tuple: a UDP socket has many peers.
struct identity {
    std::uint64_t cookie = 0;
    tuple key;
    bool operator==(const identity&) const = default;
};

// What makes a tuple canonical.
void normalise(tuple& of) noexcept;

// The tuple as the other end would have it, in the same namespace.
[[nodiscard]] tuple reversed(const tuple& from) noexcept;

[[nodiscard]] bool is_loopback(const address& ip, ip_family of) noexcept;

// The significant bytes: four or sixteen.
[[nodiscard]] inline std::span<const std::uint8_t> octets(const address& ip, ip_family of) noexcept {
    return {ip.data(), of == ip_family::ipv4 ? std::size_t{4} : std::size_t{16}};
}

// Keyed, so that a peer that chooses ports and addresses cannot choose the places in our tables.
[[nodiscard]] std::uint64_t hash(std::uint64_t a, std::uint64_t b) noexcept;
[[nodiscard]] std::uint64_t hash(const endpoint& of, transport over, std::uint64_t seed) noexcept;
[[nodiscard]] std::uint64_t hash(const tuple& of, std::uint64_t seed) noexcept;

// Appends "10.0.0.1" or "fd00::1".
void append_text(std::string& out, const address& ip, ip_family of);

}  // namespace sonde::ebpf::connection
