// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/decode/address.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <arpa/inet.h>

namespace sonde::enrich_context::decode {
namespace {

constexpr std::size_t ipv4_size = 4;
constexpr std::size_t ipv6_size = 16;
constexpr std::size_t mapped_prefix = 12;

}  // namespace

std::optional<ip_address> mapped(std::span<const std::uint8_t> address) noexcept {
    if (std::ranges::all_of(address, [](std::uint8_t byte) { return byte == 0; })) {
        return std::nullopt;
    }
    ip_address made{};
    if (address.size() == ipv6_size) {
        std::memcpy(made.data(), address.data(), ipv6_size);
        return made;
    }
    if (address.size() != ipv4_size) {
        return std::nullopt;
    }
    made[10] = made[11] = 0xff;  // RFC 4291, section 2.5.5.2
    std::memcpy(made.data() + mapped_prefix, address.data(), ipv4_size);
    return made;
}

void add_endpoint(text_buffer<512>& out, std::span<const std::uint8_t> address, std::uint16_t port) noexcept {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.size() == ipv4_size && ::inet_ntop(AF_INET, address.data(), text.data(), text.size()) != nullptr) {
        out.add(text.data());
    } else if (address.size() == ipv6_size &&
               ::inet_ntop(AF_INET6, address.data(), text.data(), text.size()) != nullptr) {
        out.add("[").add(text.data()).add("]");
    } else {
        out.add("?");
    }
    out.add(":").add(port);
}

}  // namespace sonde::enrich_context::decode
