// SPDX-License-Identifier: Apache-2.0
// Addresses as payloads hold them, 4 or 16 bytes in network order, in the forms that the store and people want.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "enrich_context/decode/text_buffer.hpp"
#include "enrich_context/store/seam.hpp"

namespace sonde::enrich_context::decode {

// IPv4 is mapped; empty if the size is neither, or if all bytes are zero: nowhere.
[[nodiscard]] std::optional<ip_address> mapped(std::span<const std::uint8_t> address) noexcept;

// "10.0.0.1:80" or "[fd00::1]:80"; "?" if the size is neither.
void add_endpoint(text_buffer<512>& out, std::span<const std::uint8_t> address, std::uint16_t port) noexcept;

}  // namespace sonde::enrich_context::decode
