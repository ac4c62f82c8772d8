// SPDX-License-Identifier: Apache-2.0
#include "ebpf/nat/flow_attributes.hpp"

#include <algorithm>
#include <cstring>

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "ebpf/nat/attributes.hpp"

namespace sonde::ebpf::nat {
namespace {

using connection::ip_family;

// What of a flow has been found.
enum part : unsigned { source_ip = 1, destination_ip = 2, source_port = 4, destination_port = 8, whole = 15 };

bool read_address(const nlattr* from, ip_family family, connection::address& into) noexcept {
    const auto bytes = payload(from);
    if (bytes.size() != octets(into, family).size()) {
        return false;
    }
    into = {};
    std::memcpy(into.data(), bytes.data(), bytes.size());
    return true;
}

bool read_port(const nlattr* from, std::uint16_t& into) noexcept {
    const auto bytes = payload(from);
    if (bytes.size() != sizeof into) {
        return false;
    }
    std::memcpy(&into, bytes.data(), sizeof into);
    into = ntohs(into);
    return true;
}

bool read_addresses(const nlattr* nest, flow& into, unsigned& parts) noexcept {
    const bool is_four = into.family == ip_family::ipv4;
    const int source = is_four ? CTA_IP_V4_SRC : CTA_IP_V6_SRC;
    const int destination = is_four ? CTA_IP_V4_DST : CTA_IP_V6_DST;
    return for_each_attribute(payload(nest), [&](const nlattr* one) {
        const int type = mnl_attr_get_type(one);
        if (type == source) {
            parts |= source_ip;
            return read_address(one, into.family, into.source.ip);
        }
        if (type == destination) {
            parts |= destination_ip;
            return read_address(one, into.family, into.destination.ip);
        }
        return true;
    });
}

bool read_protocol(const nlattr* nest, told_flow& into, unsigned& parts) noexcept {
    return for_each_attribute(payload(nest), [&](const nlattr* one) {
        switch (mnl_attr_get_type(one)) {
        case CTA_PROTO_NUM:
            if (payload(one).size() != sizeof into.protocol) {
                return false;
            }
            into.protocol = mnl_attr_get_u8(one);
            return true;
        case CTA_PROTO_SRC_PORT: parts |= source_port; return read_port(one, into.of.source.port);
        case CTA_PROTO_DST_PORT: parts |= destination_port; return read_port(one, into.of.destination.port);
        default: return true;
        }
    });
}

}  // namespace

std::optional<told_flow> read_tuple(const nlattr* tuple, ip_family family) noexcept {
    told_flow made;
    made.of.family = family;
    unsigned parts = 0;
    const bool is_sound = for_each_attribute(payload(tuple), [&](const nlattr* nest) {
        switch (mnl_attr_get_type(nest)) {
        case CTA_TUPLE_IP: return read_addresses(nest, made.of, parts);
        case CTA_TUPLE_PROTO: return read_protocol(nest, made, parts);
        default: return true;
        }
    });
    if (!is_sound) {
        return std::nullopt;
    }
    made.of.protocol = static_cast<connection::transport>(made.protocol);
    made.is_whole = parts == whole;
    return made;
}

}  // namespace sonde::ebpf::nat
