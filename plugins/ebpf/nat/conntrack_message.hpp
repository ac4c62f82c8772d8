// SPDX-License-Identifier: Apache-2.0
// ctnetlink messages: requests for a dump, and what the kernel tells. Attributes are those of the kernel's
// linux/netfilter/nfnetlink_conntrack.h. Pure, but for the filter of a socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "ebpf/nat/flow.hpp"

namespace sonde::ebpf::nat {

enum class message_kind : std::uint8_t {
    added,    // a connection, new or from a dump
    removed,  // it ended
    done,     // end of a dump
    failed,   // `error` says why
    ignored,  // of another protocol than TCP and UDP, or nothing of ours
    malformed,
};

struct conntrack_message {
    message_kind kind = message_kind::ignored;
    flow original;
    flow reply;
    int error = 0;
    std::uint32_t sequence = 0;  // of the request that this answers
};

// Takes the first message off `datagram`, which must be aligned as a netlink header. What cannot be split any further
// is malformed and leaves nothing.
[[nodiscard]] conntrack_message take_message(std::span<const std::byte>& datagram) noexcept;

// Room for dump_request.
inline constexpr std::size_t dump_request_size = 20;
// A request for all connections of a family; ends with message_kind::done.
void dump_request(std::span<std::byte, dump_request_size> into, connection::ip_family of,
                  std::uint32_t sequence) noexcept;

// Has the kernel send only messages about translated connections to the socket. 0 or an errno.
[[nodiscard]] int keep_only_translated(int fd) noexcept;

}  // namespace sonde::ebpf::nat
