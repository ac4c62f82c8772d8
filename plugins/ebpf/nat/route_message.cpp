// SPDX-License-Identifier: Apache-2.0
#include "ebpf/nat/route_message.hpp"

#include <cstring>

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "ebpf/nat/attributes.hpp"

namespace sonde::ebpf::nat {
namespace {

using connection::hop;
using connection::ip_family;

std::size_t size_of(ip_family family) noexcept { return family == ip_family::ipv4 ? 4 : 16; }

// RTA_VIA: a next hop of another family than the route's, RFC 5549.
void read_via(std::span<const std::byte> from, std::optional<hop>& next) noexcept {
    rtvia head{};
    if (from.size() < sizeof head) {
        return;
    }
    std::memcpy(&head, from.data(), sizeof head);
    const auto ip = from.subspan(sizeof head);
    if ((head.rtvia_family == AF_INET || head.rtvia_family == AF_INET6) &&
        ip.size() == size_of(static_cast<ip_family>(head.rtvia_family))) {
        next.emplace();
        next->family = static_cast<ip_family>(head.rtvia_family);
        std::memcpy(next->ip.data(), ip.data(), ip.size());
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
    const nlmsghdr* const header = whole_message(datagram);
    if (header == nullptr || header->nlmsg_seq != sequence) {
        return made;
    }
    made.is_ours = true;
    if (header->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(header) < sizeof(rtmsg)) {
        return made;
    }
    const auto family = static_cast<ip_family>(static_cast<const rtmsg*>(mnl_nlmsg_get_payload(header))->rtm_family);
    made.is_route = family == ip_family::ipv4 || family == ip_family::ipv6;
    if (!made.is_route) {
        return made;
    }
    std::uint32_t interface_index = 0;
    static_cast<void>(for_each_attribute(attributes_of(header, sizeof(rtmsg)), [&](const nlattr* attribute) {
        const auto bytes = payload(attribute);
        const int type = mnl_attr_get_type(attribute);
        if (type == RTA_OIF && bytes.size() == sizeof interface_index) {
            interface_index = mnl_attr_get_u32(attribute);
        } else if (type == RTA_GATEWAY && bytes.size() == size_of(family)) {
            made.next.emplace();
            made.next->family = family;
            std::memcpy(made.next->ip.data(), bytes.data(), bytes.size());
        } else if (type == RTA_VIA) {
            read_via(bytes, made.next);
        }
        return true;
    }));
    if (made.next) {
        made.next->interface_index = interface_index;
    }
    return made;
}

}  // namespace sonde::ebpf::nat
