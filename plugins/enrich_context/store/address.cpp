// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/store/address.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include <arpa/inet.h>

#include "enrich_context/store/hash.hpp"

namespace sonde::enrich_context::store {
namespace {

constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t ipv4_size = 4;

bool is_ipv4(const ip_address& address) noexcept { return std::equal(mapped.begin(), mapped.end(), address.begin()); }

bool is_unspecified(const ip_address& address) noexcept {
    const auto* const from = address.begin() + (is_ipv4(address) ? mapped.size() : 0);
    return std::all_of(from, address.end(), [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

std::optional<ip_address> parse_address(std::string_view text) noexcept {
    std::array<char, INET6_ADDRSTRLEN> terminated{};
    if (text.empty() || text.size() >= terminated.size()) {
        return std::nullopt;
    }
    std::ranges::copy(text, terminated.begin());
    std::array<std::uint8_t, 16> bytes{};
    const bool is_ipv6 = text.find(':') != std::string_view::npos;
    if (inet_pton(is_ipv6 ? AF_INET6 : AF_INET, terminated.data(), bytes.data()) != 1) {
        return std::nullopt;
    }
    return address_of({bytes.data(), is_ipv6 ? bytes.size() : ipv4_size});
}

std::optional<ip_address> address_of(std::span<const std::uint8_t> bytes) noexcept {
    ip_address address{};
    if (bytes.size() == ipv4_size) {
        std::ranges::copy(mapped, address.begin());
        std::ranges::copy(bytes, address.begin() + mapped.size());
    } else if (bytes.size() == address.size()) {
        std::ranges::copy(bytes, address.begin());
    } else {
        return std::nullopt;
    }
    return is_unspecified(address) ? std::nullopt : std::optional(address);
}

std::span<const std::uint8_t> shortest(const ip_address& address) noexcept {
    const std::span<const std::uint8_t> all(address);
    return is_ipv4(address) ? all.subspan(mapped.size()) : all;
}

bool is_loopback(const ip_address& address) noexcept {
    if (is_ipv4(address)) {
        return address[mapped.size()] == 127;
    }
    return address.back() == 1 &&
           std::all_of(address.begin(), address.end() - 1, [](std::uint8_t b) { return b == 0; });
}

std::uint64_t hash_of(const ip_address& address, std::uint64_t seed) noexcept {
    const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(address);
    return hash_of(halves[0], halves[1], seed);
}

}  // namespace sonde::enrich_context::store
