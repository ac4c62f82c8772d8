// SPDX-License-Identifier: Apache-2.0
// A captured DNS packet as the DNS monitor takes it. Pure; the payload points into the record.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "ebpf/dns/monitor.hpp"

namespace sonde::ebpf::flow {

// `bytes` is one struct sonde_dns as it lies in the ring; nothing if it is cut short or contradicts itself.
[[nodiscard]] std::optional<dns::packet> dns_packet(std::span<const std::byte> bytes) noexcept;

}  // namespace sonde::ebpf::flow
