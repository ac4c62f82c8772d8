// SPDX-License-Identifier: Apache-2.0
// Messages built by hand from linux/netfilter/nfnetlink_conntrack.h, and what is left of them after damage.
#include "ebpf/nat/conntrack_message.hpp"

#include <cstring>
#include <random>
#include <vector>

#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include "flows.hpp"

namespace sonde::ebpf::nat {
namespace {

struct aligned_bytes {
    alignas(8) std::array<std::byte, 1024> room{};
    std::size_t size = 0;
    [[nodiscard]] std::span<const std::byte> view() const { return std::span(room).first(size); }
};

void put_tuple(nlmsghdr* message, std::uint16_t type, const flow& of) {
    const bool is_four = of.family == connection::ip_family::ipv4;
    const std::size_t size = is_four ? 4 : 16;
    nlattr* const tuple = mnl_attr_nest_start(message, type);
    nlattr* const ip = mnl_attr_nest_start(message, CTA_TUPLE_IP);
    mnl_attr_put(message, is_four ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, size, of.source.ip.data());
    mnl_attr_put(message, is_four ? CTA_IP_V4_DST : CTA_IP_V6_DST, size, of.destination.ip.data());
    mnl_attr_nest_end(message, ip);
    nlattr* const proto = mnl_attr_nest_start(message, CTA_TUPLE_PROTO);
    mnl_attr_put_u8(message, CTA_PROTO_NUM, static_cast<std::uint8_t>(of.protocol));
    mnl_attr_put_u16(message, CTA_PROTO_SRC_PORT, htons(of.source.port));
    mnl_attr_put_u16(message, CTA_PROTO_DST_PORT, htons(of.destination.port));
    mnl_attr_nest_end(message, proto);
    mnl_attr_nest_end(message, tuple);
}

void append(aligned_bytes& to, std::uint16_t type, const flow& original, const flow& reply) {
    nlmsghdr* const message = mnl_nlmsg_put_header(to.room.data() + to.size);
    message->nlmsg_type = static_cast<std::uint16_t>(NFNL_SUBSYS_CTNETLINK << 8 | type);
    message->nlmsg_seq = 5;
    auto* const body = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(nfgenmsg)));
    body->nfgen_family = static_cast<std::uint8_t>(original.family);
    put_tuple(message, CTA_TUPLE_ORIG, original);
    put_tuple(message, CTA_TUPLE_REPLY, reply);
    to.size += MNL_ALIGN(message->nlmsg_len);
}

const flow four = flow_from("10.0.0.5", 40000, "10.96.0.1", 80);
const flow four_back = flow_from("10.0.0.7", 8080, "10.0.0.5", 40000);

TEST(ConntrackMessage, both_families_and_kinds_are_read_from_one_datagram) {
    aligned_bytes bytes;
    const flow six = flow_from("fd00::5", 1, "fd00::6", 2);
    const flow six_back = flow_from("fd00::7", 3, "fd00::5", 1);
    append(bytes, IPCTNL_MSG_CT_NEW, six, six_back);
    append(bytes, IPCTNL_MSG_CT_DELETE, four, four_back);
    auto rest = bytes.view();
    const auto first = take_message(rest);
    EXPECT_EQ(first.kind, message_kind::added);
    EXPECT_EQ(first.original, six);
    EXPECT_EQ(first.reply, six_back);
    EXPECT_EQ(first.sequence, 5u);
    const auto second = take_message(rest);
    EXPECT_EQ(second.kind, message_kind::removed);
    EXPECT_EQ(second.original, four) << "nothing is left of the message before";
    EXPECT_EQ(second.reply, four_back);
    EXPECT_TRUE(rest.empty());
}

TEST(ConntrackMessage, other_protocols_are_ignored) {
    aligned_bytes bytes;
    flow icmp = four;
    icmp.protocol = static_cast<connection::transport>(1);
    append(bytes, IPCTNL_MSG_CT_NEW, icmp, icmp);
    auto rest = bytes.view();
    EXPECT_EQ(take_message(rest).kind, message_kind::ignored);
}

TEST(ConntrackMessage, an_error_and_the_end_of_a_dump_are_told_apart) {
    for (const auto& [type, error, kind] : {std::tuple{NLMSG_ERROR, -EPERM, message_kind::failed},
                                            {NLMSG_ERROR, 0, message_kind::ignored},
                                            {NLMSG_DONE, 0, message_kind::done},
                                            {NLMSG_DONE, -EINVAL, message_kind::failed}}) {
        aligned_bytes bytes;
        nlmsghdr* const message = mnl_nlmsg_put_header(bytes.room.data());
        message->nlmsg_type = static_cast<std::uint16_t>(type);
        std::memcpy(mnl_nlmsg_put_extra_header(message, sizeof error), &error, sizeof error);
        bytes.size = message->nlmsg_len;
        auto rest = bytes.view();
        const auto told = take_message(rest);
        EXPECT_EQ(told.kind, kind);
        EXPECT_EQ(told.error, -error);
    }
}

nlmsghdr* begin(aligned_bytes& bytes) {
    nlmsghdr* const message = mnl_nlmsg_put_header(bytes.room.data());
    message->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW;
    auto* const body = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(nfgenmsg)));
    body->nfgen_family = AF_INET;
    return message;
}

message_kind kind_of(aligned_bytes& bytes, const nlmsghdr* message) {
    bytes.size = message->nlmsg_len;
    auto rest = bytes.view();
    return take_message(rest).kind;
}

TEST(ConntrackMessage, without_its_reply_it_is_malformed) {
    aligned_bytes bytes;
    nlmsghdr* const message = begin(bytes);
    put_tuple(message, CTA_TUPLE_ORIG, four);
    EXPECT_EQ(kind_of(bytes, message), message_kind::malformed);
    put_tuple(message, CTA_TUPLE_REPLY, four_back);
    EXPECT_EQ(kind_of(bytes, message), message_kind::added);
}

TEST(ConntrackMessage, addresses_of_another_family_than_the_message_are_malformed) {
    aligned_bytes bytes;
    nlmsghdr* const message = begin(bytes);
    put_tuple(message, CTA_TUPLE_ORIG, flow_from("fd00::5", 1, "fd00::6", 2));
    put_tuple(message, CTA_TUPLE_REPLY, four_back);
    EXPECT_EQ(kind_of(bytes, message), message_kind::malformed);
}

TEST(ConntrackMessage, an_address_of_a_wrong_size_is_malformed) {
    aligned_bytes bytes;
    nlmsghdr* const message = begin(bytes);
    put_tuple(message, CTA_TUPLE_REPLY, four_back);
    nlattr* const tuple = mnl_attr_nest_start(message, CTA_TUPLE_ORIG);
    nlattr* const ip = mnl_attr_nest_start(message, CTA_TUPLE_IP);
    mnl_attr_put(message, CTA_IP_V4_SRC, 3, four.source.ip.data());
    mnl_attr_nest_end(message, ip);
    mnl_attr_nest_end(message, tuple);
    EXPECT_EQ(kind_of(bytes, message), message_kind::malformed);
}

TEST(ConntrackMessage, a_length_beyond_the_datagram_is_malformed) {
    for (const std::uint32_t length : {0u, 15u, 200u, 0x80000010u, 0xffffffffu}) {
        aligned_bytes bytes;
        nlmsghdr* const message = begin(bytes);
        bytes.size = message->nlmsg_len;
        message->nlmsg_len = length;
        auto rest = bytes.view();
        EXPECT_EQ(take_message(rest).kind, message_kind::malformed) << length;
        EXPECT_TRUE(rest.empty());
    }
}

TEST(ConntrackMessage, a_damaged_datagram_ends_without_harm) {
    std::mt19937 dice(42);
    for (int trial = 0; trial < 5000; ++trial) {
        aligned_bytes bytes;
        append(bytes, IPCTNL_MSG_CT_NEW, four, four_back);
        append(bytes, IPCTNL_MSG_CT_NEW, four, four_back);
        for (int damage = 0; damage < 3; ++damage) {
            bytes.room[dice() % bytes.size] = static_cast<std::byte>(dice());
        }
        bytes.size = dice() % (bytes.size + 1);
        auto rest = bytes.view();
        int messages = 0;
        while (!rest.empty()) {
            const std::size_t before = rest.size();
            static_cast<void>(take_message(rest));
            ASSERT_LT(rest.size(), before);
            ASSERT_LT(++messages, 100);
        }
    }
}

TEST(ConntrackMessage, a_request_asks_for_one_family) {
    std::array<std::byte, dump_request_size> bytes{};
    dump_request(bytes, connection::ip_family::ipv6, 9);
    nlmsghdr header{};
    nfgenmsg body{};
    std::memcpy(&header, bytes.data(), sizeof header);
    std::memcpy(&body, bytes.data() + sizeof header, sizeof body);
    EXPECT_EQ(header.nlmsg_len, dump_request_size);
    EXPECT_EQ(header.nlmsg_type, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET);
    EXPECT_EQ(header.nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
    EXPECT_EQ(header.nlmsg_seq, 9u);
    EXPECT_EQ(body.nfgen_family, AF_INET6);
}

}  // namespace
}  // namespace sonde::ebpf::nat
