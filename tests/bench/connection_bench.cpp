// SPDX-License-Identifier: Apache-2.0
// What the connection tracker costs: a record of the iterator, a close, a poll of a full table.
#include <cstring>
#include <vector>

#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <sonde_bpf/connection.h>
#include <sys/socket.h>

#include "ebpf/connection/tracker.hpp"

namespace {

using namespace sonde::ebpf::connection;

constexpr std::size_t full = 65536;
constexpr std::uint64_t second = 1'000'000'000;

// Half of them clients of services elsewhere, half of them both ends of connections on this host.
sonde_connection record(std::uint32_t number, std::uint64_t time) {
    sonde_connection raw{};
    const bool is_local = number % 4 >= 2;
    const bool is_server = number % 4 == 3;
    const std::uint32_t flow = is_local ? number / 4 : number;
    const std::uint32_t client = 0x0a000001 + (flow >> 14 << 8);
    const auto port = static_cast<std::uint16_t>(32768 + (flow & 0x3fff));
    const std::uint32_t server = is_local ? 0x0a010002 : 0xc0000201;
    const std::uint32_t local = htonl(is_server ? server : client);
    const std::uint32_t remote = htonl(is_server ? client : server);
    std::memcpy(raw.local_address, &local, sizeof local);
    std::memcpy(raw.remote_address, &remote, sizeof remote);
    raw.local_port = is_server ? 80 : port;
    raw.remote_port = is_server ? port : 80;
    raw.cookie = number + 1;
    raw.time = time;
    raw.created = raw.established = second;
    raw.sent_bytes = time;
    raw.received_bytes = time;
    raw.sent_packets = raw.received_packets = time / 1000 & 0xffffffff;
    raw.network_namespace = is_server ? 2 : 1;
    raw.pid = is_server ? 2 : 1;
    raw.cgroup_id = raw.pid;
    raw.family = AF_INET;
    raw.protocol = IPPROTO_TCP;
    raw.direction = is_server ? SONDE_DIRECTION_INCOMING : SONDE_DIRECTION_OUTGOING;
    raw.state = 1;
    return raw;
}

std::vector<sonde_connection> records(std::uint64_t time) {
    std::vector<sonde_connection> made;
    made.reserve(full);
    for (std::uint32_t i = 0; i < full; ++i) {
        made.push_back(record(i, time));
    }
    return made;
}

void advance(std::vector<sonde_connection>& all, std::uint64_t time) {
    for (sonde_connection& raw : all) {
        raw.time = time;
        raw.sent_bytes += 100;
    }
}

void report(benchmark::State& state, std::size_t per_round) {
    const auto items = static_cast<std::int64_t>(per_round) * static_cast<std::int64_t>(state.iterations());
    state.SetItemsProcessed(items);
    state.counters["s_per_connection"] =
        benchmark::Counter(static_cast<double>(items), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void iterator_update(benchmark::State& state) {
    tracker of{tracker_settings{}};
    auto all = records(2 * second);
    of.take(std::as_bytes(std::span(all)));
    std::uint64_t time = 3 * second;
    for (auto _ : state) {
        state.PauseTiming();
        advance(all, time += second);
        state.ResumeTiming();
        of.begin_round();
        of.take(std::as_bytes(std::span(all)));
        of.end_round(time);
    }
    report(state, full);
}

// Connections that no iterator has seen, told to one client.
void close_short(benchmark::State& state) {
    tracker of{tracker_settings{}};
    of.add_client("a", second);
    constexpr std::size_t burst = 4096;
    auto all = records(2 * second);
    all.resize(burst);
    for (sonde_connection& raw : all) {
        raw.flags = SONDE_CONNECTION_CLOSED;
    }
    for (auto _ : state) {
        of.take(std::as_bytes(std::span(all)));
        state.PauseTiming();
        benchmark::DoNotOptimize(of.poll_closed("a", 2 * second).size());
        state.ResumeTiming();
    }
    report(state, burst);
}

// The answer to a client that asks after each burst of closes.
void poll_of_closes(benchmark::State& state) {
    tracker of{tracker_settings{}};
    of.add_client("a", second);
    constexpr std::size_t burst = 4096;
    auto all = records(2 * second);
    all.resize(burst);
    for (sonde_connection& raw : all) {
        raw.flags = SONDE_CONNECTION_CLOSED;
    }
    for (auto _ : state) {
        state.PauseTiming();
        of.take(std::as_bytes(std::span(all)));
        state.ResumeTiming();
        benchmark::DoNotOptimize(of.poll_closed("a", 2 * second).size());
    }
    report(state, burst);
}

void poll_full(benchmark::State& state) {
    tracker of{tracker_settings{}};
    auto all = records(2 * second);
    std::uint64_t time = 3 * second;
    std::size_t told = 0;
    for (auto _ : state) {
        state.PauseTiming();
        if (state.range(0) != 0) {
            advance(all, time += second);
        }
        of.take(std::as_bytes(std::span(all)));
        state.ResumeTiming();
        told = of.poll("a", second).size();
        benchmark::DoNotOptimize(told);
    }
    state.counters["told"] = static_cast<double>(told);
    report(state, full);
}

BENCHMARK(iterator_update)->Unit(benchmark::kMillisecond);
BENCHMARK(close_short)->Unit(benchmark::kMicrosecond);
BENCHMARK(poll_of_closes)->Unit(benchmark::kMicrosecond);
BENCHMARK(poll_full)->ArgName("moving")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
