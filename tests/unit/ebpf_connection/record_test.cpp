// SPDX-License-Identifier: Apache-2.0
#include "ebpf/connection/record.hpp"

#include "samples.hpp"

namespace sonde::ebpf::connection {
namespace {

template <class Change>
malformed refused(Change&& change) {
    sonde_connection raw = raw_tcp(7);
    change(raw);
    const auto read = read_record(bytes_of(raw));
    EXPECT_FALSE(read.has_value());
    return read.error();
}

TEST(Record, a_whole_record_is_read) {
    sonde_connection raw = raw_tcp(7, "10.0.0.1", 40000, "10.0.0.2", 80);
    raw.sent_bytes = 11;
    raw.received_bytes = 12;
    raw.sent_packets = 13;
    raw.received_packets = 14;
    raw.retransmits = 15;
    raw.rtt = 16;
    raw.rtt_variation = 17;
    raw.cgroup_id = 18;
    raw.process_start = 19;
    const record read = record_of(raw);
    EXPECT_EQ(read.who.cookie, 7u);
    EXPECT_EQ(read.who.key.local, end_of("10.0.0.1", 40000));
    EXPECT_EQ(read.who.key.remote, end_of("10.0.0.2", 80));
    EXPECT_EQ(read.who.key.network_namespace, 1u);
    EXPECT_EQ(read.total, (counters{11, 12, 13, 14, 15, 1, 0}));
    EXPECT_EQ(read.rtt, 16u);
    EXPECT_EQ(read.rtt_variation, 17u);
    EXPECT_EQ(read.cgroup_id, 18u);
    EXPECT_EQ(read.process_start, 19u);
    EXPECT_EQ(read.process_name(), "client");
    EXPECT_EQ(read.way, direction::outgoing);
    EXPECT_FALSE(read.is_closed);
}

TEST(Record, a_name_without_an_end_is_sixteen_bytes) {
    sonde_connection raw = raw_tcp(7);
    std::memset(raw.comm, 'x', sizeof raw.comm);
    EXPECT_EQ(record_of(raw).process_name(), std::string(16, 'x'));
}

TEST(Record, mapped_addresses_are_ipv4) {
    const record mapped = record_of(raw_tcp(7, "::ffff:10.0.0.1", 40000, "::ffff:10.0.0.2", 80));
    EXPECT_EQ(mapped.who.key, record_of(raw_tcp(7)).who.key);
    const record half = record_of(raw_udp(7, "::", 53, "::ffff:10.0.0.2", 80));
    EXPECT_EQ(half.who.key.family, ip_family::ipv4);
    EXPECT_EQ(half.who.key.local.ip, address{});
    EXPECT_EQ(record_of(raw_tcp(7, "fd00::1", 1, "fd00::2", 2)).who.key.family, ip_family::ipv6);
}

TEST(Record, bytes_behind_an_ipv4_address_do_not_make_another_connection) {
    sonde_connection raw = raw_tcp(7);
    raw.local_address[9] = 1;
    EXPECT_EQ(record_of(raw).who, record_of(raw_tcp(7)).who);
}

TEST(Record, what_cannot_be_is_refused_with_its_kind) {
    const sonde_connection raw = raw_tcp(7);
    EXPECT_EQ(read_record(bytes_of(raw).first(167)).error(), malformed::size);
    EXPECT_EQ(read_record({}).error(), malformed::size);
    EXPECT_EQ(refused([](auto& bad) { bad.family = AF_UNIX; }), malformed::family);
    EXPECT_EQ(refused([](auto& bad) { bad.protocol = IPPROTO_ICMP; }), malformed::protocol);
    EXPECT_EQ(refused([](auto& bad) { bad.direction = 3; }), malformed::direction);
    EXPECT_EQ(refused([](auto& bad) { bad.state = 14; }), malformed::state);
    EXPECT_EQ(refused([](auto& bad) { bad.cookie = 0; }), malformed::identity);
    EXPECT_EQ(refused([](auto& bad) { bad.time = 0; }), malformed::identity);
    EXPECT_EQ(refused([](auto& bad) { bad.sent_bytes = std::uint64_t{1} << 60; }), malformed::counters);
}

TEST(Record, a_failure_is_neither_established_nor_a_close) {
    const record read = record_of(failed(raw_tcp(7), ECONNREFUSED));
    EXPECT_TRUE(read.is_failed);
    EXPECT_TRUE(read.is_closed);
    EXPECT_EQ(read.total.established, 0u);
    EXPECT_EQ(read.total.closed, 0u);
    EXPECT_FALSE(read.is_empty());
}

TEST(Counters, a_counter_of_32_bits_goes_on_after_its_wrap) {
    EXPECT_EQ(widen(0xffff'fff0, 5), 0x1'0000'0005u);
    EXPECT_EQ(widen(0x3'ffff'fff0, 5), 0x4'0000'0005u);
    EXPECT_EQ(widen(100, 150), 150u);
    EXPECT_EQ(widen(0x1'0000'0064, 0x60), 0x1'0000'0064u) << "an older look";
}

TEST(Counters, deltas_above_the_ceilings_are_zero) {
    counters delta{most_bytes, most_bytes + 1, most_packets + 1, most_packets, 3, 1, 1};
    EXPECT_TRUE(clip(delta));
    EXPECT_EQ(delta, (counters{most_bytes, 0, 0, most_packets, 3, 1, 1}));
    EXPECT_FALSE(clip(delta));
}

TEST(FailureCodes, only_the_six_are_failures) {
    for (const int code : {104, 110, 111, 113, 101, 125}) {
        EXPECT_TRUE(is_failure(static_cast<std::uint16_t>(code))) << code;
    }
    EXPECT_FALSE(is_failure(0));
    EXPECT_FALSE(is_failure(EPIPE));
}

}  // namespace
}  // namespace sonde::ebpf::connection
