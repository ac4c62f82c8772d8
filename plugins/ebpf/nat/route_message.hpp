// SPDX-License-Identifier: Apache-2.0
// The request for a route to one address, and what the kernel answers. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "ebpf/connection/lookups.hpp"

namespace sonde::ebpf::nat {

struct route_request {
    alignas(8) std::array<std::byte, 64> bytes{};
    std::size_t size = 0;
};
[[nodiscard]] route_request ask_route(const connection::address& to, connection::ip_family family,
                                      std::uint32_t sequence) noexcept;

struct route_answer {
    bool is_ours = false;  // answers the request of that sequence
    bool is_route = false;
    std::optional<connection::hop> next;  // nothing: the peer is on a network of this host
};
// `datagram` must be aligned as a netlink header.
[[nodiscard]] route_answer read_route(std::span<const std::byte> datagram, std::uint32_t sequence) noexcept;

}  // namespace sonde::ebpf::nat
