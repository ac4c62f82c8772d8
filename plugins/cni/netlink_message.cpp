// SPDX-License-Identifier: Apache-2.0
#include "cni/netlink_message.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

namespace sonde::cni {
namespace {

using bytes = std::span<const std::uint8_t>;

constexpr std::uint32_t lower_up = 1U << 16U;  // IFF_LOWER_UP of linux/if.h, which does not go with net/if.h

constexpr std::size_t aligned(std::size_t size) noexcept { return (size + 3U) & ~std::size_t{3}; }

// Reads what fits from the front of `from`.
template <class Record>
bool read(bytes from, Record& to) noexcept {
    if (from.size() < sizeof to) {
        return false;
    }
    std::memcpy(&to, from.data(), sizeof to);
    return true;
}

template <class Take>
void each_attribute(bytes from, Take&& take) {
    rtattr header{};
    while (read(from, header) && header.rta_len >= sizeof header && header.rta_len <= from.size()) {
        take(header.rta_type, from.subspan(sizeof header, header.rta_len - sizeof header));
        from = from.subspan(std::min(from.size(), aligned(header.rta_len)));
    }
}

std::string text_of(bytes from) {
    const auto* const begin = reinterpret_cast<const char*>(from.data());
    return {begin, ::strnlen(begin, from.size())};
}

std::string mac_of(bytes from) {
    constexpr std::string_view digits = "0123456789abcdef";
    constexpr std::size_t longest = 32;
    std::string text;
    for (const std::uint8_t each : from.first(std::min(from.size(), longest))) {
        text.append(text.empty() ? "" : ":");
        text.push_back(digits[each >> 4U]);
        text.push_back(digits[each & 15U]);
    }
    return text;
}

std::string address_of(int family, bytes from) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const std::size_t size = family == AF_INET ? 4 : 16;
    const bool is_address = (family == AF_INET || family == AF_INET6) && from.size() == size;
    return is_address && ::inet_ntop(family, from.data(), text.data(), text.size()) != nullptr ? text.data() : "";
}

std::uint32_t number_of(bytes from) noexcept {
    std::uint32_t number = 0;
    return read(from, number) ? number : 0;
}

void read_link(bytes body, net_change& into) {
    ifinfomsg header{};
    if (!read(body, header)) {
        return;
    }
    into.object = net_object::link;
    into.index = static_cast<std::uint32_t>(header.ifi_index);
    into.is_up = (header.ifi_flags & static_cast<unsigned>(IFF_UP)) != 0 && (header.ifi_flags & lower_up) != 0;
    each_attribute(body.subspan(aligned(sizeof header)), [&](unsigned type, bytes value) {
        if (type == IFLA_IFNAME) {
            into.name = text_of(value);
        } else if (type == IFLA_ADDRESS) {
            into.mac = mac_of(value);
        } else if (type == IFLA_MTU) {
            into.mtu = number_of(value);
        }
    });
}

void read_link_address(bytes body, net_change& into) {
    ifaddrmsg header{};
    if (!read(body, header)) {
        return;
    }
    into.object = net_object::address;
    into.index = header.ifa_index;
    std::string local;
    std::string peer;
    each_attribute(body.subspan(aligned(sizeof header)), [&](unsigned type, bytes value) {
        if (type == IFA_LOCAL) {
            local = address_of(header.ifa_family, value);
        } else if (type == IFA_ADDRESS) {
            peer = address_of(header.ifa_family, value);
        } else if (type == IFA_LABEL) {
            into.name = text_of(value);
        }
    });
    into.address = (local.empty() ? peer : local) + "/" + std::to_string(header.ifa_prefixlen);
}

void read_route(bytes body, net_change& into) {
    rtmsg header{};
    if (!read(body, header) || header.rtm_type != RTN_UNICAST || header.rtm_table == RT_TABLE_LOCAL ||
        (header.rtm_flags & RTM_F_CLONED) != 0 || (header.rtm_family != AF_INET && header.rtm_family != AF_INET6)) {
        return;
    }
    into.object = net_object::route;
    std::string destination = header.rtm_family == AF_INET ? "0.0.0.0" : "::";
    each_attribute(body.subspan(aligned(sizeof header)), [&](unsigned type, bytes value) {
        if (type == RTA_DST) {
            destination = address_of(header.rtm_family, value);
        } else if (type == RTA_GATEWAY) {
            into.gateway = address_of(header.rtm_family, value);
        } else if (type == RTA_OIF) {
            into.index = number_of(value);
        }
    });
    into.destination = destination + "/" + std::to_string(header.rtm_dst_len);
}

}  // namespace

void read_netlink(std::span<const std::uint8_t> message, net_change& into) {
    into = {};
    nlmsghdr header{};
    if (!read(message, header) || header.nlmsg_len > message.size() || header.nlmsg_len < aligned(sizeof header)) {
        return;
    }
    const bytes body = message.subspan(aligned(sizeof header), header.nlmsg_len - aligned(sizeof header));
    into.is_removed =
        header.nlmsg_type == RTM_DELLINK || header.nlmsg_type == RTM_DELADDR || header.nlmsg_type == RTM_DELROUTE;
    switch (header.nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK: read_link(body, into); break;
    case RTM_NEWADDR:
    case RTM_DELADDR: read_link_address(body, into); break;
    case RTM_NEWROUTE:
    case RTM_DELROUTE: read_route(body, into); break;
    default: break;
    }
}

}  // namespace sonde::cni
