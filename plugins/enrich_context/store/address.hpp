// SPDX-License-Identifier: Apache-2.0
// Addresses in their one form of 16 bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "enrich_context/store/seam.hpp"

namespace sonde::enrich_context::store {

// "10.0.0.1", "fd00::1". Nothing for any other text, and for the unspecified address.
[[nodiscard]] std::optional<ip_address> parse_address(std::string_view text) noexcept;
// 4 or 16 bytes in network order; nothing for other sizes and the unspecified address.
[[nodiscard]] std::optional<ip_address> address_of(std::span<const std::uint8_t> bytes) noexcept;
// 4 bytes for IPv4, else 16. Points into `address`.
[[nodiscard]] std::span<const std::uint8_t> shortest(const ip_address& address) noexcept;
// 127.0.0.0/8 and ::1: they mean another host in every network namespace.
[[nodiscard]] bool is_loopback(const ip_address& address) noexcept;
[[nodiscard]] std::uint64_t hash_of(const ip_address& address, std::uint64_t seed) noexcept;

}  // namespace sonde::enrich_context::store
