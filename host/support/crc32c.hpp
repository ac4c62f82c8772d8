// SPDX-License-Identifier: Apache-2.0
// CRC-32C (RFC 3720, appendix B.4): the checksum of a batch that leaves its process.
#pragma once

#include <cstdint>
#include <span>

namespace sonde::support {

[[nodiscard]] std::uint32_t crc32c(std::span<const std::uint8_t> bytes) noexcept;

}  // namespace sonde::support
