// SPDX-License-Identifier: Apache-2.0
// What one envelope costs on its way to text: a process event as the process collector sends it.
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include <sonde/envelope.hpp>
#include <sonde/schema/batch.hpp>
#include <sonde/schema/json.hpp>
#include <sonde/schema/match.hpp>
#include <sonde/schema/text.hpp>

namespace {

constexpr int envelopes = 256;
constexpr std::uint64_t first_time = 1'700'000'000'000'000'000;

void write_process(sonde::wire::writer& payload, std::uint32_t pid) {
    payload.uint(1, 1);
    payload.message(2, [&] {
        payload.uint(1, pid);
        payload.uint(2, 1);
        payload.text(3, "bash");
        for (const char* arg : {"/bin/bash", "-c", "exec sleep 1"}) {
            payload.text(4, arg);
        }
        payload.text(6, "/usr/bin/bash");
        payload.fixed64(7, first_time);
        payload.text(8, "S");
        payload.uint(11, 1);
        payload.uint(13, 3'500'000);
        payload.uint(14, 9'000'000);
        payload.number(15, 0.01);
        payload.number(16, 0.02);
        payload.uint(19, 4711);
        payload.text(20, "/system.slice/cron.service");
    });
}

// A batch body with its resource.
std::vector<std::uint8_t> make_body() {
    std::vector<std::uint8_t> room(1 << 20);
    sonde::wire::writer out(room);
    out.message(SONDE_BATCH_FIELD_RESOURCE, [&] {
        out.text(SONDE_RESOURCE_FIELD_SOURCE, "process");
        out.text(SONDE_RESOURCE_FIELD_INSTANCE, "process");
        out.text(SONDE_RESOURCE_FIELD_NODE_NAME, "node-1");
        out.uint(SONDE_RESOURCE_FIELD_NODE_NAME_ORIGIN, 3);
        out.text(SONDE_RESOURCE_FIELD_TOPIC, "raw/process/exec/");
        out.fixed64(SONDE_RESOURCE_FIELD_STREAM_UID, 0x0102030405060708);
    });
    for (int i = 0; i < envelopes; ++i) {
        const auto pid = static_cast<std::uint32_t>(1000 + i);
        out.message(SONDE_BATCH_FIELD_ENVELOPE, [&] {
            sonde::envelope_writer(out)
                .time(std::chrono::nanoseconds(first_time + static_cast<std::uint64_t>(i) * 1'000'003),
                      sonde::clock_quality::kernel)
                .process(pid, std::chrono::nanoseconds(first_time))
                .data("sonde.v1.ProcessEvent", 1, [&](sonde::wire::writer& payload) { write_process(payload, pid); });
        });
    }
    room.resize(out.size());
    return room;
}

// Runs `handle` for every envelope and reports the time for one.
template <class Handle>
void for_each_envelope(benchmark::State& state, Handle&& handle) {
    const std::vector<std::uint8_t> body = make_body();
    sonde::schema::batch_reader reader;
    for (auto _ : state) {
        reader.open(body, 0, "");
        while (const auto* envelope = reader.next()) {
            handle(*envelope);
        }
    }
    state.SetItemsProcessed(state.iterations() * envelopes);
    state.counters["s_per_envelope"] = benchmark::Counter(static_cast<double>(state.iterations()) * envelopes,
                                                          benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void read_envelopes(benchmark::State& state) {
    for_each_envelope(state, [](const auto& envelope) { benchmark::DoNotOptimize(envelope.pid); });
}

void append_json(benchmark::State& state) {
    sonde::schema::json_printer printer;
    std::string out;
    std::size_t bytes = 0;
    for_each_envelope(state, [&](const auto& envelope) {
        out.clear();
        printer.append(envelope, out);
        bytes += out.size();
    });
    state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

void append_text(benchmark::State& state) {
    sonde::schema::text_printer printer(160);
    std::string out;
    for_each_envelope(state, [&](const auto& envelope) {
        out.clear();
        printer.append(envelope, out);
        benchmark::DoNotOptimize(out.data());
    });
}

void match_payload(benchmark::State& state) {
    auto matcher = sonde::schema::field_matcher::parse("payload.process.name=sleep");
    for_each_envelope(state, [&](const auto& envelope) { benchmark::DoNotOptimize(matcher->matches(envelope)); });
}

BENCHMARK(read_envelopes);
BENCHMARK(append_json);
BENCHMARK(append_text);
BENCHMARK(match_payload);

}  // namespace

BENCHMARK_MAIN();
