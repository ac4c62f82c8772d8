// SPDX-License-Identifier: Apache-2.0
#include "ebpf/flow/dns_record.hpp"

#include <cstring>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sonde_bpf/udp.h>
#include <sys/socket.h>

namespace sonde::ebpf::flow {
namespace {

sonde_dns question() {
    sonde_dns made{};
    made.length = 20;
    made.captured = 12;
    made.local_address[0] = 10;
    made.remote_address[0] = 8;
    made.local_port = 40000;
    made.remote_port = 53;
    made.family = AF_INET;
    made.protocol = IPPROTO_UDP;
    made.is_sent = 1;
    made.payload[0] = 0xab;
    made.network_namespace = 7;
    return made;
}

std::span<const std::byte> bytes_of(const sonde_dns& of) {
    return std::as_bytes(std::span(&of, 1)).first(offsetof(sonde_dns, payload) + of.captured);
}

TEST(DnsRecord, a_question_goes_from_us_to_the_server) {
    const sonde_dns record = question();
    const auto packet = dns_packet(bytes_of(record));
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->source.bytes[0], 10);
    EXPECT_EQ(packet->destination.bytes[0], 8);
    EXPECT_EQ(packet->source_port, 40000);
    EXPECT_EQ(packet->destination_port, 53);
    EXPECT_EQ(packet->payload.size(), 12u);
    EXPECT_EQ(packet->payload[0], 0xab);
    EXPECT_EQ(packet->full_size, 20u);
    EXPECT_EQ(packet->network_namespace, 7u);
}

TEST(DnsRecord, an_answer_comes_from_the_server) {
    sonde_dns record = question();
    record.is_sent = 0;
    const auto packet = dns_packet(bytes_of(record));
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->source_port, 53);
    EXPECT_EQ(packet->source.bytes[0], 8);
}

TEST(DnsRecord, what_is_cut_or_contradicts_itself_is_refused) {
    const sonde_dns record = question();
    const auto whole = bytes_of(record);
    EXPECT_FALSE(dns_packet(whole.first(whole.size() - 1)));
    EXPECT_FALSE(dns_packet(whole.first(10)));
    sonde_dns longer = record;
    longer.captured = 30;
    EXPECT_FALSE(dns_packet(bytes_of(longer))) << "more captured than there was";
    sonde_dns foreign = record;
    foreign.family = AF_UNIX;
    EXPECT_FALSE(dns_packet(bytes_of(foreign)));
}

}  // namespace
}  // namespace sonde::ebpf::flow
