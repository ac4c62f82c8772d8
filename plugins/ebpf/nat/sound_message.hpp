// SPDX-License-Identifier: Apache-2.0
// What stands before libnetfilter_conntrack, which ends the process when an attribute has another size than it expects:
// a copy of a ctnetlink message with only the two tuples, after their attributes were measured. Pure.
#pragma once

#include <array>
#include <cstddef>

struct nlmsghdr;

namespace sonde::ebpf::nat {

struct message_room {
    alignas(8) std::array<std::byte, 512> bytes{};
};

// The copy in `room`, or null if there are no two tuples or one is not sound. `whole` has a complete nfgenmsg.
[[nodiscard]] const nlmsghdr* sound_copy(const nlmsghdr* whole, message_room& room) noexcept;

}  // namespace sonde::ebpf::nat
