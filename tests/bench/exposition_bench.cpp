// SPDX-License-Identifier: Apache-2.0
// What reading an exposition costs, by sample: of a size and shape as exporters of machines and programs offer them.
#include <string>

#include <benchmark/benchmark.h>

#include "common/exposition/parser.hpp"

namespace {

using namespace sonde::common::exposition;

constexpr int families = 100;
constexpr int series = 100;

// Counters and gauges with `labels` labels each.
std::string plain(int labels) {
    std::string text;
    for (int family = 0; family < families; ++family) {
        const std::string name = "node_something_number_" + std::to_string(family) + "_total";
        text.append("# HELP ").append(name).append(" What is counted here, in one sentence.\n# TYPE ");
        text.append(name).append(" counter\n");
        for (int one = 0; one < series; ++one) {
            text.append(name).append("{");
            for (int label = 0; label < labels; ++label) {
                text.append(label == 0 ? "label_" : ",label_").append(std::to_string(label));
                text.append("=\"value-").append(std::to_string(one)).append("\"");
            }
            text.append("} ").append(one % 2 == 0 ? std::to_string(one * 7919)
                                                  : "1.7560473" + std::to_string(one) + "e+07");
            text.append("\n");
        }
    }
    return text;
}

std::string histograms() {
    std::string text;
    for (int family = 0; family < families; ++family) {
        const std::string name = "request_duration_" + std::to_string(family) + "_seconds";
        text += "# TYPE " + name + " histogram\n";
        for (int one = 0; one < series; ++one) {
            text += name + "_bucket{handler=\"/api/v1/things\",code=\"200\",le=\"" + std::to_string(one) + ".25\"} " +
                    std::to_string(one * 31) + " # {trace_id=\"0123456789abcdef\"} 0.25 1520879607.789\n";
        }
    }
    return text + "# EOF\n";
}

void read(benchmark::State& state, const std::string& text, dialect as) {
    parser from;
    sample each;
    std::size_t samples = 0;
    for (auto _ : state) {
        from.begin(text, as);
        while (from.next(each)) {
            benchmark::DoNotOptimize(each.value);
        }
        samples += from.count();
    }
    if (from.failure() || from.count() != std::size_t{families} * series) {
        state.SkipWithError("not everything was read");
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(samples));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

void plain_samples(benchmark::State& state) {
    read(state, plain(static_cast<int>(state.range(0))), dialect::prometheus);
}
BENCHMARK(plain_samples)->Arg(0)->Arg(2)->Arg(8);

void buckets_with_exemplars(benchmark::State& state) { read(state, histograms(), dialect::open_metrics); }
BENCHMARK(buckets_with_exemplars);

}  // namespace

BENCHMARK_MAIN();
