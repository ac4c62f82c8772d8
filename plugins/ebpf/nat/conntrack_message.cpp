// SPDX-License-Identifier: Apache-2.0
#include "ebpf/nat/conntrack_message.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include <linux/filter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "ebpf/nat/attributes.hpp"
#include "ebpf/nat/flow_attributes.hpp"

namespace sonde::ebpf::nat {
namespace {

int error_of(const nlmsghdr* header) noexcept {
    int error = 0;
    if (mnl_nlmsg_get_payload_len(header) >= sizeof error) {
        std::memcpy(&error, mnl_nlmsg_get_payload(header), sizeof error);
    }
    constexpr int largest = 4095;  // MAX_ERRNO of include/linux/err.h
    return error <= 0 && error >= -largest ? -error : EPROTO;
}

// Fills the flows of `made`. A connection of another protocol or family stays ignored.
message_kind read_flows(const nlmsghdr* header, message_kind told, conntrack_message& made) noexcept {
    const std::uint8_t family = static_cast<const nfgenmsg*>(mnl_nlmsg_get_payload(header))->nfgen_family;
    if (family != AF_INET && family != AF_INET6) {
        return message_kind::ignored;
    }
    std::optional<told_flow> original;
    std::optional<told_flow> reply;
    const bool is_sound = for_each_attribute(attributes_of(header, sizeof(nfgenmsg)), [&](const nlattr* attribute) {
        const int type = mnl_attr_get_type(attribute);
        if (type != CTA_TUPLE_ORIG && type != CTA_TUPLE_REPLY) {
            return true;
        }
        auto& side = type == CTA_TUPLE_ORIG ? original : reply;
        side = read_tuple(attribute, static_cast<connection::ip_family>(family));
        return side.has_value();
    });
    if (!is_sound || !original || !reply) {
        return message_kind::malformed;
    }
    if (original->protocol != IPPROTO_TCP && original->protocol != IPPROTO_UDP) {
        return message_kind::ignored;
    }
    if (!original->is_whole || !reply->is_whole || reply->protocol != original->protocol) {
        return message_kind::malformed;
    }
    made.original = original->of;
    made.reply = reply->of;
    return told;
}

message_kind kind_of(const nlmsghdr* header) noexcept {
    if (NFNL_SUBSYS_ID(header->nlmsg_type) != NFNL_SUBSYS_CTNETLINK ||
        mnl_nlmsg_get_payload_len(header) < sizeof(nfgenmsg)) {
        return message_kind::ignored;
    }
    switch (NFNL_MSG_TYPE(header->nlmsg_type)) {
    case IPCTNL_MSG_CT_NEW: return message_kind::added;
    case IPCTNL_MSG_CT_DELETE: return message_kind::removed;
    default: return message_kind::ignored;
    }
}

}  // namespace

conntrack_message take_message(std::span<const std::byte>& datagram) noexcept {
    conntrack_message made;
    const nlmsghdr* const header = whole_message(datagram);
    if (header == nullptr) {
        datagram = {};
        made.kind = message_kind::malformed;
        return made;
    }
    datagram = datagram.subspan(std::min<std::size_t>(MNL_ALIGN(header->nlmsg_len), datagram.size()));
    made.sequence = header->nlmsg_seq;
    if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE) {
        made.error = error_of(header);
        made.kind = made.error != 0                    ? message_kind::failed
                    : header->nlmsg_type == NLMSG_DONE ? message_kind::done
                                                       : message_kind::ignored;
        return made;
    }
    if (const message_kind told = kind_of(header); told != message_kind::ignored) {
        made.kind = read_flows(header, told, made);
    }
    return made;
}

void dump_request(std::span<std::byte, dump_request_size> into, connection::ip_family of,
                  std::uint32_t sequence) noexcept {
    nlmsghdr header{};
    header.nlmsg_len = dump_request_size;
    header.nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET;
    header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    header.nlmsg_seq = sequence;
    nfgenmsg body{};
    body.nfgen_family = static_cast<std::uint8_t>(of);
    body.version = NFNETLINK_V0;
    static_assert(sizeof header + sizeof body == dump_request_size);
    std::memcpy(into.data(), &header, sizeof header);
    std::memcpy(into.data() + sizeof header, &body, sizeof body);
}

int keep_only_translated(int fd) noexcept {
    constexpr std::uint32_t is_translated = IPS_SRC_NAT | IPS_DST_NAT;
    constexpr auto find_attribute = static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_NLATTR);
    constexpr std::uint32_t first_attribute = sizeof(nlmsghdr) + sizeof(nfgenmsg);
    // CTA_STATUS is in every event, the kernel's ctnetlink_conntrack_event() sees to it; one without it passes.
    std::array<sock_filter, 9> program{{
        BPF_STMT(BPF_LD | BPF_IMM, first_attribute),
        BPF_STMT(BPF_LDX | BPF_IMM, CTA_STATUS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, find_attribute),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 3, 0),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_IND, sizeof(nlattr)),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, is_translated, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
        BPF_STMT(BPF_RET | BPF_K, 0),
    }};
    const sock_fprog whole{static_cast<unsigned short>(program.size()), program.data()};
    return ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &whole, sizeof whole) != 0 ? errno : 0;
}

}  // namespace sonde::ebpf::nat
