// SPDX-License-Identifier: Apache-2.0
// An IP address as bytes: network order, IPv4 as the first four bytes and zeros, as sonde_connection has it.
#pragma once

#include <array>
#include <cstdint>

namespace sonde::ebpf::dns {

enum class family : std::uint8_t { none = 0, ipv4 = 4, ipv6 = 6 };

struct address {
    std::array<std::uint8_t, 16> bytes{};
    family of = family::none;

    bool operator==(const address&) const = default;
};

}  // namespace sonde::ebpf::dns
