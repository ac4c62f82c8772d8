// SPDX-License-Identifier: Apache-2.0
#include "ebpf/nat/conntrack_message.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <libmnl/libmnl.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <linux/filter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "ebpf/nat/sound_message.hpp"

namespace sonde::ebpf::nat {
namespace {

struct side_attributes {
    nf_conntrack_attr source4, destination4, source6, destination6, source_port, destination_port;
};
constexpr side_attributes original_side{ATTR_ORIG_IPV4_SRC, ATTR_ORIG_IPV4_DST, ATTR_ORIG_IPV6_SRC,
                                        ATTR_ORIG_IPV6_DST, ATTR_ORIG_PORT_SRC, ATTR_ORIG_PORT_DST};
constexpr side_attributes reply_side{ATTR_REPL_IPV4_SRC, ATTR_REPL_IPV4_DST, ATTR_REPL_IPV6_SRC,
                                     ATTR_REPL_IPV6_DST, ATTR_REPL_PORT_SRC, ATTR_REPL_PORT_DST};

bool read_address(const nf_conntrack* from, nf_conntrack_attr attribute, std::size_t size, connection::address& into) {
    if (nfct_attr_is_set(from, attribute) <= 0) {
        return false;
    }
    into = {};
    std::memcpy(into.data(), nfct_get_attr(from, attribute), size);
    return true;
}

bool read_port(const nf_conntrack* from, nf_conntrack_attr attribute, std::uint16_t& into) {
    if (nfct_attr_is_set(from, attribute) <= 0) {
        return false;
    }
    into = ntohs(nfct_get_attr_u16(from, attribute));
    return true;
}

bool read_flow(const nf_conntrack* from, const side_attributes& side, flow& into) {
    const bool is_four = into.family == connection::ip_family::ipv4;
    const std::size_t size = is_four ? 4 : 16;
    return read_address(from, is_four ? side.source4 : side.source6, size, into.source.ip) &&
           read_address(from, is_four ? side.destination4 : side.destination6, size, into.destination.ip) &&
           read_port(from, side.source_port, into.source.port) &&
           read_port(from, side.destination_port, into.destination.port);
}

// False if the connection is of no interest.
bool read_kind(const nf_conntrack* from, flow& into) {
    const std::uint8_t protocol = nfct_get_attr_u8(from, ATTR_ORIG_L4PROTO);
    const std::uint8_t family = nfct_get_attr_u8(from, ATTR_ORIG_L3PROTO);
    if ((protocol != IPPROTO_TCP && protocol != IPPROTO_UDP) || (family != AF_INET && family != AF_INET6)) {
        return false;
    }
    into.protocol = static_cast<connection::transport>(protocol);
    into.family = static_cast<connection::ip_family>(family);
    return true;
}

int error_of(const nlmsghdr* header) noexcept {
    int error = 0;
    if (mnl_nlmsg_get_payload_len(header) >= sizeof error) {
        std::memcpy(&error, mnl_nlmsg_get_payload(header), sizeof error);
    }
    return -error;
}

}  // namespace

void conntrack_reader::destroy::operator()(nf_conntrack* of) const noexcept { nfct_destroy(of); }

conntrack_reader::conntrack_reader() : parsed_(nfct_new()), blank_(nfct_new()) {}
conntrack_reader::~conntrack_reader() = default;
conntrack_reader::conntrack_reader(conntrack_reader&&) noexcept = default;
conntrack_reader& conntrack_reader::operator=(conntrack_reader&&) noexcept = default;

conntrack_message conntrack_reader::next(std::span<const std::byte>& datagram) {
    const auto* const header = reinterpret_cast<const nlmsghdr*>(datagram.data());
    if (!mnl_nlmsg_ok(header, static_cast<int>(datagram.size()))) {
        datagram = {};
        conntrack_message broken;
        broken.kind = message_kind::malformed;
        return broken;
    }
    const std::size_t step = std::min<std::size_t>(MNL_ALIGN(header->nlmsg_len), datagram.size());
    datagram = datagram.subspan(step);
    conntrack_message made;
    made.sequence = header->nlmsg_seq;
    if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE) {
        made.error = error_of(header);
        made.kind = made.error != 0                    ? message_kind::failed
                    : header->nlmsg_type == NLMSG_DONE ? message_kind::done
                                                       : message_kind::ignored;
        return made;
    }
    if (NFNL_SUBSYS_ID(header->nlmsg_type) != NFNL_SUBSYS_CTNETLINK ||
        mnl_nlmsg_get_payload_len(header) < sizeof(nfgenmsg)) {
        return made;
    }
    // The library keeps what it read before; copying a blank one over it clears it without an allocation.
    nfct_copy(parsed_.get(), blank_.get(), NFCT_CP_OVERRIDE);
    message_room room;
    const nlmsghdr* const sound = sound_copy(header, room);
    if (sound == nullptr || nfct_nlmsg_parse(sound, parsed_.get()) < 0) {
        made.kind = message_kind::malformed;
        return made;
    }
    if (!read_kind(parsed_.get(), made.original)) {
        return made;
    }
    made.reply = made.original;
    if (!read_flow(parsed_.get(), original_side, made.original) || !read_flow(parsed_.get(), reply_side, made.reply)) {
        made.kind = message_kind::malformed;
        return made;
    }
    switch (NFNL_MSG_TYPE(header->nlmsg_type)) {
    case IPCTNL_MSG_CT_NEW: made.kind = message_kind::added; break;
    case IPCTNL_MSG_CT_DELETE: made.kind = message_kind::removed; break;
    default: break;
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
