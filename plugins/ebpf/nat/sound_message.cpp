// SPDX-License-Identifier: Apache-2.0
#include "ebpf/nat/sound_message.hpp"

#include <cstdint>
#include <cstring>

#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

namespace sonde::ebpf::nat {
namespace {

// A tuple of two IPv6 addresses and ports takes 84 bytes.
constexpr std::size_t largest_tuple = 200;

// mnl_attr_for_each is for C. False as soon as `visit` is.
template <class Visit>
bool for_each(const void* begin, const void* end, Visit&& visit) noexcept {
    const auto* attribute = static_cast<const nlattr*>(begin);
    while (mnl_attr_ok(attribute, static_cast<int>(static_cast<const std::byte*>(end) -
                                                   reinterpret_cast<const std::byte*>(attribute)))) {
        if (!visit(attribute)) {
            return false;
        }
        attribute = mnl_attr_next(attribute);
    }
    return true;
}

template <class Visit>
bool for_each_nested(const nlattr* nest, Visit&& visit) noexcept {
    const auto* const begin = static_cast<const std::byte*>(mnl_attr_get_payload(nest));
    return for_each(begin, begin + mnl_attr_get_payload_len(nest), visit);
}

// Sizes that the library insists on; 0 is any.
std::size_t address_size(std::uint16_t type) noexcept {
    switch (type) {
    case CTA_IP_V4_SRC:
    case CTA_IP_V4_DST: return 4;
    case CTA_IP_V6_SRC:
    case CTA_IP_V6_DST: return 16;
    default: return 0;
    }
}

std::size_t protocol_size(std::uint16_t type) noexcept {
    switch (type) {
    case CTA_PROTO_SRC_PORT:
    case CTA_PROTO_DST_PORT:
    case CTA_PROTO_ICMP_ID:
    case CTA_PROTO_ICMPV6_ID: return 2;
    case CTA_PROTO_NUM:
    case CTA_PROTO_ICMP_TYPE:
    case CTA_PROTO_ICMP_CODE:
    case CTA_PROTO_ICMPV6_TYPE:
    case CTA_PROTO_ICMPV6_CODE: return 1;
    default: return 0;
    }
}

bool is_sound_leaf(const nlattr* leaf, std::size_t size) noexcept {
    return size == 0 || mnl_attr_get_payload_len(leaf) == size;
}

bool is_sound_tuple(const nlattr* tuple) noexcept {
    return for_each_nested(tuple, [](const nlattr* part) {
        const std::size_t size = mnl_attr_get_payload_len(part);
        switch (mnl_attr_get_type(part)) {
        case CTA_TUPLE_IP:
            return size >= sizeof(nlattr) && for_each_nested(part, [](const nlattr* one) {
                       return is_sound_leaf(one, address_size(mnl_attr_get_type(one)));
                   });
        case CTA_TUPLE_PROTO:
            return size >= sizeof(nlattr) && for_each_nested(part, [](const nlattr* one) {
                       return is_sound_leaf(one, protocol_size(mnl_attr_get_type(one)));
                   });
        case CTA_TUPLE_ZONE: return size == 2;
        default: return true;
        }
    });
}

}  // namespace

const nlmsghdr* sound_copy(const nlmsghdr* whole, message_room& room) noexcept {
    nlmsghdr* const copy = mnl_nlmsg_put_header(room.bytes.data());
    copy->nlmsg_type = whole->nlmsg_type;
    copy->nlmsg_flags = whole->nlmsg_flags;
    copy->nlmsg_seq = whole->nlmsg_seq;
    std::memcpy(mnl_nlmsg_put_extra_header(copy, sizeof(nfgenmsg)), mnl_nlmsg_get_payload(whole), sizeof(nfgenmsg));
    bool has_original = false;
    bool has_reply = false;
    const bool is_sound =
        for_each(mnl_nlmsg_get_payload_offset(whole, sizeof(nfgenmsg)), mnl_nlmsg_get_payload_tail(whole),
                 [&](const nlattr* attribute) {
                     const std::uint16_t type = mnl_attr_get_type(attribute);
                     const std::size_t size = mnl_attr_get_payload_len(attribute);
                     bool& has_this = type == CTA_TUPLE_ORIG ? has_original : has_reply;
                     if (type != CTA_TUPLE_ORIG && type != CTA_TUPLE_REPLY) {
                         return true;
                     }
                     if (has_this || size < sizeof(nlattr) || size > largest_tuple || !is_sound_tuple(attribute)) {
                         return false;
                     }
                     has_this = true;
                     mnl_attr_put(copy, type | NLA_F_NESTED, size, mnl_attr_get_payload(attribute));
                     return true;
                 });
    return is_sound && has_original && has_reply ? copy : nullptr;
}

}  // namespace sonde::ebpf::nat
