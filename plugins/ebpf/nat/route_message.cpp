// SPDX-License-Identifier: Apache-2.0
#include "ebpf/nat/route_message.hpp"

#include <algorithm>
#include <cstring>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace sonde::ebpf::nat {
namespace {

using connection::hop;
using connection::ip_family;

std::size_t size_of(ip_family family) noexcept { return family == ip_family::ipv4 ? 4 : 16; }

// RTA_VIA: a next hop of another family than the route's, RFC 5549.
void read_via(const nlattr* attribute, std::optional<hop>& next) noexcept {
    rtvia head{};
    const std::size_t size = mnl_attr_get_payload_len(attribute);
    if (size < sizeof head) {
        return;
    }
    const auto* const payload = static_cast<const std::uint8_t*>(mnl_attr_get_payload(attribute));
    std::memcpy(&head, payload, sizeof head);
    if ((head.rtvia_family == AF_INET || head.rtvia_family == AF_INET6) &&
        size - sizeof head == size_of(static_cast<ip_family>(head.rtvia_family))) {
        next.emplace();
        next->family = static_cast<ip_family>(head.rtvia_family);
        std::copy_n(payload + sizeof head, size - sizeof head, next->ip.begin());
    }
}

}  // namespace

route_request ask_route(const connection::address& to, ip_family family, std::uint32_t sequence) noexcept {
    route_request made;
    nlmsghdr* const header = mnl_nlmsg_put_header(made.bytes.data());
    header->nlmsg_type = RTM_GETROUTE;
    header->nlmsg_flags = NLM_F_REQUEST;
    header->nlmsg_seq = sequence;
    auto* const body = static_cast<rtmsg*>(mnl_nlmsg_put_extra_header(header, sizeof(rtmsg)));
    body->rtm_family = static_cast<unsigned char>(family);
    body->rtm_dst_len = static_cast<unsigned char>(size_of(family) * 8);
    mnl_attr_put(header, RTA_DST, size_of(family), to.data());
    made.size = header->nlmsg_len;
    return made;
}

route_answer read_route(std::span<const std::byte> datagram, std::uint32_t sequence) noexcept {
    route_answer made;
    const auto* const header = reinterpret_cast<const nlmsghdr*>(datagram.data());
    if (!mnl_nlmsg_ok(header, static_cast<int>(datagram.size())) || header->nlmsg_seq != sequence) {
        return made;
    }
    made.is_ours = true;
    if (header->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(header) < sizeof(rtmsg)) {
        return made;
    }
    made.is_route = true;
    const auto* const body = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(header));
    std::uint32_t interface_index = 0;
    const auto* const end = static_cast<const std::byte*>(mnl_nlmsg_get_payload_tail(header));
    const auto* attribute = static_cast<const nlattr*>(mnl_nlmsg_get_payload_offset(header, sizeof(rtmsg)));
    // mnl_attr_for_each is for C.
    for (; mnl_attr_ok(attribute, static_cast<int>(end - reinterpret_cast<const std::byte*>(attribute)));
         attribute = mnl_attr_next(attribute)) {
        const std::size_t size = mnl_attr_get_payload_len(attribute);
        const int type = mnl_attr_get_type(attribute);
        if (type == RTA_OIF && size == sizeof interface_index) {
            interface_index = mnl_attr_get_u32(attribute);
        } else if (type == RTA_GATEWAY && size == size_of(static_cast<ip_family>(body->rtm_family))) {
            made.next.emplace();
            made.next->family = static_cast<ip_family>(body->rtm_family);
            std::memcpy(made.next->ip.data(), mnl_attr_get_payload(attribute), size);
        } else if (type == RTA_VIA) {
            read_via(attribute, made.next);
        }
    }
    if (made.next) {
        made.next->interface_index = interface_index;
    }
    return made;
}

}  // namespace sonde::ebpf::nat
