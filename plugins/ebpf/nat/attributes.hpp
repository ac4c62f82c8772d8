// SPDX-License-Identifier: Apache-2.0
// Walks over the messages of a netlink datagram and over their attributes; whatever claims to be larger than what it
// lies in is not visited. Memory must be aligned as netlink headers are. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <libmnl/libmnl.h>

namespace sonde::ebpf::nat {

// The first message of `datagram`, or null if there is no whole one. mnl_nlmsg_ok() of libmnl 1.0.4 takes a length
// above INT_MAX for a negative one, and lets it pass.
[[nodiscard]] inline const nlmsghdr* whole_message(std::span<const std::byte> datagram) noexcept {
    if (datagram.size() < sizeof(nlmsghdr)) {
        return nullptr;
    }
    const auto* const header = reinterpret_cast<const nlmsghdr*>(datagram.data());
    return header->nlmsg_len >= sizeof(nlmsghdr) && header->nlmsg_len <= datagram.size() ? header : nullptr;
}

// Calls visit(const nlattr*) for each of the attributes in `bytes`. False as soon as `visit` is.
template <class Visit>
bool for_each_attribute(std::span<const std::byte> bytes, Visit&& visit) noexcept {
    while (bytes.size() >= sizeof(nlattr)) {
        const auto* const attribute = reinterpret_cast<const nlattr*>(bytes.data());
        if (!mnl_attr_ok(attribute, static_cast<int>(bytes.size()))) {
            return true;
        }
        if (!visit(attribute)) {
            return false;
        }
        const std::size_t step = MNL_ALIGN(attribute->nla_len);
        if (step >= bytes.size()) {
            return true;
        }
        bytes = bytes.subspan(step);
    }
    return true;
}

[[nodiscard]] inline std::span<const std::byte> payload(const nlattr* of) noexcept {
    return {static_cast<const std::byte*>(mnl_attr_get_payload(of)), mnl_attr_get_payload_len(of)};
}

// What follows a message's own header, of `header_size` bytes; nothing if that is not complete.
[[nodiscard]] inline std::span<const std::byte> attributes_of(const nlmsghdr* message,
                                                              std::size_t header_size) noexcept {
    const std::span whole(reinterpret_cast<const std::byte*>(message), message->nlmsg_len);
    const std::size_t before = MNL_NLMSG_HDRLEN + MNL_ALIGN(header_size);
    return before < whole.size() ? whole.subspan(before) : std::span<const std::byte>();
}

}  // namespace sonde::ebpf::nat
