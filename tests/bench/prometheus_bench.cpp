// SPDX-License-Identifier: Apache-2.0
// What an answer of Prometheus' query API costs, by sample, and what it costs to know which series of a page are gone.
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "prometheus/answer.hpp"
#include "prometheus/series_table.hpp"

namespace {

using namespace sonde::prometheus;

constexpr int series = 10'000;

struct counter final : answer_sink {
    void on_facts(const answer_facts&) override {}
    void on_series(std::span<const label>) override {}
    void on_value(std::int64_t, double) override { ++samples; }
    void on_histogram(std::int64_t, const native_histogram&) override { ++samples; }
    std::size_t samples = 0;
};

std::string vector_of_series() {
    std::string text = R"({"status":"success","data":{"resultType":"vector","result":[)";
    for (int i = 0; i < series; ++i) {
        text.append(i == 0 ? "" : ",").append(R"({"metric":{"__name__":"up","job":"node","instance":"10.0.0.)");
        text.append(std::to_string(i)).append(R"(:9100"},"value":[1435781451.781,"0.25"]})");
    }
    return text + "]}}";
}

void read_vector(benchmark::State& state) {
    std::string body = vector_of_series();
    counter to;
    for (auto _ : state) {
        if (!read_answer(body, {series, 64}, to)) {
            state.SkipWithError("the answer was refused");
        }
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(to.samples));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(read_vector);

void see_known_series(benchmark::State& state) {
    std::vector<std::string> values;
    for (int i = 0; i < series; ++i) {
        values.push_back("10.0.0." + std::to_string(i) + ":9100");
    }
    series_table table;
    for (auto _ : state) {
        table.begin();
        for (const std::string& each : values) {
            const label labels[] = {{"device", "sda"}, {"instance", each}, {"mode", "idle"}};
            table.see("node_cpu_seconds_total", labels, schema::metric_kind::monotonic_sum);
        }
        benchmark::DoNotOptimize(table.sweep([](auto&&...) {}));
    }
    state.SetItemsProcessed(state.iterations() * series);
}
BENCHMARK(see_known_series);

}  // namespace

BENCHMARK_MAIN();
