// SPDX-License-Identifier: Apache-2.0
// What the eBPF collector pays in user space for one DNS message, one classification and one HTTP head. The inputs are
// captures of real programs.
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <netinet/in.h>

#include <benchmark/benchmark.h>

#include "ebpf/dns/monitor.hpp"
#include "ebpf/protocol/classify.hpp"
#include "ebpf/protocol/exchange.hpp"

namespace {

using buffer = std::vector<std::uint8_t>;
namespace dns = sonde::ebpf::dns;
namespace protocol = sonde::ebpf::protocol;

buffer captured(const std::string& file) {
    std::ifstream from(SONDE_TEST_DATA + ("/" + file + ".bin"), std::ios::binary);
    return {std::istreambuf_iterator<char>(from), {}};
}

void parse_response(benchmark::State& state) {
    const buffer response = captured("dns/a_response");
    dns::message into;
    for (auto _ : state) {
        benchmark::DoNotOptimize(into.parse(response));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(parse_response);

// A query and its response of one of `range` clients: parsed, matched, counted, names learnt.
void record_exchange(benchmark::State& state) {
    const buffer query = captured("dns/a_query");
    const buffer response = captured("dns/a_response");
    dns::monitor of;
    const auto clients = static_cast<std::uint16_t>(state.range(0));
    dns::packet to_server{.source = {.bytes = {10, 0, 0, 1}, .of = dns::family::ipv4},
                          .destination = {.bytes = {10, 0, 0, 53}, .of = dns::family::ipv4},
                          .destination_port = 53,
                          .protocol = IPPROTO_UDP,
                          .payload = query};
    dns::packet to_client{.source = to_server.destination,
                          .destination = to_server.source,
                          .source_port = 53,
                          .protocol = IPPROTO_UDP,
                          .payload = response};
    std::uint64_t now = 0;
    std::uint16_t port = 0;
    for (auto _ : state) {
        port = static_cast<std::uint16_t>(port + 1 < clients ? port + 1 : 0);
        to_server.source_port = port;
        to_client.destination_port = port;
        of.take(to_server, ++now);
        of.take(to_client, ++now);
    }
    if (of.stats().counts().responses != static_cast<std::uint64_t>(state.iterations())) {
        state.SkipWithError("an exchange was not matched");
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(record_exchange)->Arg(1)->Arg(1000)->Arg(10'000);

void sweep_full_tables(benchmark::State& state) {
    const buffer query = captured("dns/a_query");
    dns::monitor of;
    dns::packet from{.destination_port = 53, .protocol = IPPROTO_UDP, .payload = query};
    for (std::uint16_t port = 0; port < 10'000; ++port) {
        from.source_port = port;
        of.take(from, 1);
    }
    for (auto _ : state) {
        of.sweep(2);
    }
}
BENCHMARK(sweep_full_tables);

void classify_connection(benchmark::State& state, const char* file) {
    const buffer client = captured("protocol/" + std::string(file) + "_client");
    const buffer server = captured("protocol/" + std::string(file) + "_server");
    for (auto _ : state) {
        benchmark::DoNotOptimize(protocol::classify(client, server));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(classify_connection, tls, "tls");
BENCHMARK_CAPTURE(classify_connection, http1, "http1");
BENCHMARK_CAPTURE(classify_connection, grpc, "grpc");
BENCHMARK_CAPTURE(classify_connection, mysql, "mysql");
BENCHMARK_CAPTURE(classify_connection, kafka, "kafka");
BENCHMARK_CAPTURE(classify_connection, dns, "dns");

void read_http_request_head(benchmark::State& state) {
    const buffer client = captured("protocol/http1_client");
    protocol::request_head head;
    for (auto _ : state) {
        benchmark::DoNotOptimize(protocol::read_request(protocol::text_of(client), head));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(read_http_request_head);

// Two requests and their responses: heads, templates, matching.
void match_two_http_exchanges(benchmark::State& state) {
    const buffer client = captured("protocol/http1_client");
    const buffer server = captured("protocol/http1_server");
    protocol::route_table routes;
    protocol::exchange_counts counts;
    protocol::http_connection of(1);
    std::uint64_t now = 0;
    for (auto _ : state) {
        of.from_client({protocol::text_of(client), client.size(), ++now}, routes, counts);
        benchmark::DoNotOptimize(of.from_server({protocol::text_of(server), server.size(), ++now}, counts));
    }
    if (counts.responses != 2 * static_cast<std::uint64_t>(state.iterations())) {
        state.SkipWithError("an exchange was not matched");
    }
    state.SetItemsProcessed(2 * state.iterations());
}
BENCHMARK(match_two_http_exchanges);

}  // namespace

BENCHMARK_MAIN();
