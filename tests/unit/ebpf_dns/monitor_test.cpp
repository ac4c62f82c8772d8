// SPDX-License-Identifier: Apache-2.0
#include "ebpf/dns/monitor.hpp"

#include <netinet/in.h>

#include "sample.hpp"

namespace sonde::ebpf::dns {
namespace {

constexpr std::uint64_t second = 1'000'000'000;
constexpr std::uint16_t client_port = 40'000;
const address client = ipv4(10, 0, 0, 1);
const address server = ipv4(10, 0, 0, 53);

packet to_server(bytes payload, std::uint8_t protocol = IPPROTO_UDP) {
    return {.source = client,
            .destination = server,
            .source_port = client_port,
            .destination_port = 53,
            .protocol = protocol,
            .payload = payload};
}

packet to_client(bytes payload, std::uint8_t protocol = IPPROTO_UDP) {
    return {.source = server,
            .destination = client,
            .source_port = 53,
            .destination_port = client_port,
            .protocol = protocol,
            .payload = payload};
}

std::uint64_t refused(const monitor& of, refusal why) { return of.counts().refused[static_cast<std::size_t>(why)]; }

void expect_one_success(monitor& of, std::uint8_t protocol) {
    int rows = 0;
    of.stats().take([&](const statistics_row& row) {
        ++rows;
        EXPECT_EQ(row.of.server, server.bytes);
        EXPECT_EQ(row.of.client, client.bytes);
        EXPECT_EQ(row.of.client_port, client_port);
        EXPECT_EQ(row.of.protocol, protocol);
        EXPECT_EQ(row.name, "www.example.test");
        EXPECT_EQ(row.what.by_response_code[0], 1u);
        EXPECT_EQ(row.what.success_microseconds, 2000u);
    });
    EXPECT_EQ(rows, 1);
}

TEST(Monitor, turns_datagrams_into_statistics_and_names) {
    monitor of;
    const buffer query = captured("a_query.bin");
    const buffer response = captured("a_response.bin");
    of.take(to_server(query), second);
    of.take(to_client(response), second + 2'000'000);
    expect_one_success(of, IPPROTO_UDP);
    std::string name;
    of.known_names().find(ipv4(10, 77, 5, 3), [&](std::string_view each) { name = each; });
    EXPECT_EQ(name, "www.example.test");
    EXPECT_EQ(of.counts().messages, 2u);
}

TEST(Monitor, reads_segments_of_a_connection) {
    monitor of;
    const buffer query = captured("tcp_query.bin");
    const buffer response = captured("tcp_response.bin");
    packet from = to_server({}, IPPROTO_TCP);
    from.tcp_flags = 2;
    of.take(from, second);
    from = to_server(query, IPPROTO_TCP);
    from.tcp_sequence = 100;
    of.take(from, second);
    for (std::size_t at = 0; at < response.size(); at += 50) {
        packet back =
            to_client(bytes(response).subspan(at, std::min<std::size_t>(50, response.size() - at)), IPPROTO_TCP);
        back.tcp_sequence = 900 + static_cast<std::uint32_t>(at);
        of.take(back, second + 2'000'000);
    }
    expect_one_success(of, IPPROTO_TCP);
}

TEST(Monitor, begins_a_direction_anew_with_a_new_connection) {
    monitor of;
    const buffer query = captured("tcp_query.bin");
    packet from = to_server(bytes(query).first(10), IPPROTO_TCP);
    from.tcp_sequence = 100;
    of.take(from, second);
    packet syn = to_server({}, IPPROTO_TCP);
    syn.tcp_flags = 2;
    of.take(syn, second);
    from = to_server(query, IPPROTO_TCP);
    from.tcp_sequence = 5;
    of.take(from, second);
    EXPECT_EQ(of.counts().messages, 1u);
}

TEST(Monitor, has_room_for_so_many_directions_and_forgets_quiet_ones) {
    monitor of({.tcp_streams = 2, .stream_idle = 10 * second});
    const buffer query = captured("tcp_query.bin");
    for (std::uint16_t i = 0; i < 3; ++i) {
        packet from = to_server(bytes(query).first(10), IPPROTO_TCP);
        from.source_port = static_cast<std::uint16_t>(client_port + i);
        of.take(from, second);
    }
    EXPECT_EQ(of.counts().dropped_streams, 1u);
    of.sweep(11 * second);
    packet from = to_server(query, IPPROTO_TCP);
    of.take(from, 11 * second);
    EXPECT_EQ(of.counts().messages, 1u);
    EXPECT_EQ(of.counts().dropped_streams, 1u);
}

TEST(Monitor, counts_what_it_refuses_by_reason) {
    monitor of;
    const buffer query = captured("a_query.bin");
    const buffer response = captured("a_response.bin");
    of.take(to_server(bytes(query).first(5)), second);
    of.take(to_client(query), second);
    of.take(to_server(response), second);
    EXPECT_EQ(refused(of, refusal::truncated), 1u);
    EXPECT_EQ(refused(of, refusal::not_dns_port), 2u);
    EXPECT_EQ(of.counts().messages, 0u);
    EXPECT_EQ(of.known_names().size(), 0u);
}

TEST(Monitor, learns_names_of_types_without_statistics) {
    monitor of;
    const buffer query = captured("aaaa_query.bin");
    const buffer response = captured("aaaa_response.bin");
    of.take(to_server(query), second);
    of.take(to_client(response), second);
    EXPECT_EQ(of.counts().other_types, 2u);
    EXPECT_EQ(of.stats().rows(), 0u);
    EXPECT_EQ(of.known_names().size(), 1u);
    monitor both({.recorded_types = {record_type::a, record_type::aaaa}});
    both.take(to_server(query), second);
    both.take(to_client(response), second);
    EXPECT_EQ(both.stats().rows(), 1u);
}

TEST(Monitor, takes_other_ports_when_told) {
    monitor of({.ports = {5353}});
    packet from = to_server({});
    const buffer query = captured("a_query.bin");
    from.payload = query;
    of.take(from, second);
    EXPECT_EQ(refused(of, refusal::not_dns_port), 1u);
    from.destination_port = 5353;
    of.take(from, second);
    EXPECT_EQ(of.stats().outstanding(), 1u);
}

TEST(Monitor, uses_what_a_short_capture_has) {
    monitor of;
    const buffer query = captured("a_query.bin");
    const buffer response = captured("a_response.bin");
    of.take(to_server(query), second);
    packet back = to_client(bytes(response).first(60));
    back.full_size = response.size();
    of.take(back, second);
    EXPECT_EQ(of.counts().cut, 1u);
    EXPECT_EQ(of.stats().counts().responses, 1u);
}

}  // namespace
}  // namespace sonde::ebpf::dns
