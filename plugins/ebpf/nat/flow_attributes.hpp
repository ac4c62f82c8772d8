// SPDX-License-Identifier: Apache-2.0
// The tuple of one direction in a ctnetlink message. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "ebpf/nat/flow.hpp"

struct nlattr;

namespace sonde::ebpf::nat {

struct told_flow {
    flow of;
    std::uint8_t protocol = 0;  // as in the message, also if `of` cannot say it
    bool is_whole = false;      // both addresses and both ports were there
};

// `tuple` is CTA_TUPLE_ORIG or CTA_TUPLE_REPLY of a message of that family. Nothing if a part has a wrong size.
[[nodiscard]] std::optional<told_flow> read_tuple(const nlattr* tuple, connection::ip_family family) noexcept;

}  // namespace sonde::ebpf::nat
