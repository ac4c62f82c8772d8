// SPDX-License-Identifier: Apache-2.0
// What the kernel side says of a connection, checked and with a canonical tuple. Pure: any bytes may come in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>

#include "ebpf/connection/row.hpp"

namespace sonde::ebpf::connection {

// Why a record is refused.
enum class malformed : std::uint8_t { size, family, protocol, direction, state, identity, counters };
inline constexpr std::size_t malformed_kinds = 7;
[[nodiscard]] std::string_view name(malformed why) noexcept;

// A row without an id. `updated` is the record's time; retransmits and the packets of TCP are 32 bits wide.
using record = row;

// `bytes` is one struct sonde_connection as it lies in the ring or comes from the iterator.
[[nodiscard]] std::expected<record, malformed> read_record(std::span<const std::byte> bytes) noexcept;

}  // namespace sonde::ebpf::connection
