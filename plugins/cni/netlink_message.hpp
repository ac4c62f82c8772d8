// SPDX-License-Identifier: Apache-2.0
// What the kernel tells over rtnetlink(7) of links, addresses and routes. Pure: any bytes give an answer or nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace sonde::cni {

enum class net_object : std::uint8_t { none, link, address, route };

struct net_change {
    net_object object = net_object::none;
    bool is_removed = false;
    std::uint32_t index = 0;  // of the link
    std::string name;         // of the link, if it is told
    std::string mac;
    std::uint32_t mtu = 0;
    bool is_up = false;       // by configuration, and there is a carrier
    std::string address;      // with its prefix length
    std::string destination;  // of a route; "default" is "0.0.0.0/0" or "::/0"
    std::string gateway;
};

// One message with its header; `into` is cleared. object is `none` for what is not followed.
void read_netlink(std::span<const std::uint8_t> message, net_change& into);

}  // namespace sonde::cni
