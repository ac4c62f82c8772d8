// SPDX-License-Identifier: Apache-2.0
// A captured TCP segment as the conversations take it. Pure; the prefix points into the record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "ebpf/connection/row.hpp"
#include "ebpf/protocol/byte_reader.hpp"

namespace sonde::ebpf::payload {

struct segment {
    std::uint64_t cookie = 0;
    std::uint64_t time = 0;  // CLOCK_MONOTONIC ns
    connection::tuple ends;  // from the point of view of the socket
    std::uint32_t sequence = 0;
    std::uint32_t size = 0;  // of which the prefix was captured
    protocol::bytes prefix;
    bool is_sent = false;
    bool is_end = false;                                // this end sends nothing more
    connection::role side = connection::role::unknown;  // of this end, if the kernel side saw the connection begin
};

// `record` is one struct sonde_payload as it lies in the ring; nothing if it contradicts itself.
[[nodiscard]] std::optional<segment> read_segment(std::span<const std::byte> record) noexcept;

}  // namespace sonde::ebpf::payload
