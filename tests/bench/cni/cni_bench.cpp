// SPDX-License-Identifier: Apache-2.0
// What a line of a log costs: to follow it, to understand it, and to write it as an event, on one core. Rates are
// printed as bytes and lines a second; the follower's file is rotated once in each run.
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

#include <benchmark/benchmark.h>

#include <sonde/collecting/file_follower/follower.hpp>

#include "cni/event_writer.hpp"
#include "cni/log_line.hpp"

namespace {

using namespace sonde::cni;
namespace files = sonde::collecting::file_follower;

constexpr std::array<std::string_view, 3> samples{
    R"({"level":"info","ts":"2026-11-21T10:00:00.123Z","caller":"network/network.go:900","msg":"Processing ADD command","containerId":"0f3c9a1e77aa","netns":"/var/run/netns/cni-1","ifName":"eth0","pod":"web-0","component":"azure-vnet"})",
    R"(2026-11-21 10:00:00.223 [INFO][1234] ipam/ipam_plugin.go 268: Calico CNI IPAM assigned addresses IPv4=[10.1.2.3/26] ContainerID="0f3c9a1e77aa" Namespace="shop" Pod="web-0" WorkloadEndpoint="node-k8s-web--0-eth0")",
    R"(time="2026-11-21T10:00:00Z" level=info msg="cmdAdd" plugin=bridge containerID=0f3c9a1e77aa ifName=eth0 netns=/var/run/netns/cni-1 subsys=cni)",
};

void parse(benchmark::State& state) {
    const std::string_view line = samples.at(static_cast<std::size_t>(state.range(0)));
    log_parser parser;
    event read;
    std::vector<std::uint8_t> room(4096);
    std::string scratch;
    for (auto _ : state) {
        read.clear();
        parser.parse(line, read);
        read.raw = line;
        sonde::wire::writer out(room);
        write(out, read, scratch);
        benchmark::DoNotOptimize(out.size());
    }
    state.SetItemsProcessed(state.iterations());
    state.SetBytesProcessed(static_cast<std::int64_t>(line.size()) * state.iterations());
}
BENCHMARK(parse)->DenseRange(0, 2)->ArgName("json_plain_logfmt");

void follow(benchmark::State& state) {
    const std::filesystem::path directory =
        std::filesystem::temp_directory_path() / ("sonde-cni-bench-" + std::to_string(::getpid()));
    std::filesystem::create_directories(directory);
    constexpr std::size_t size = 32U << 20U;
    const std::filesystem::path path = directory / "cni.log";
    std::int64_t lines = 0;
    for (auto _ : state) {
        state.PauseTiming();
        for (const char* const name : {"cni.log.1", "cni.log"}) {
            std::ofstream out(directory / name);
            for (std::size_t written = 0; written < size / 2; written += samples[lines % 3].size() + 1, ++lines) {
                out << samples[static_cast<std::size_t>(lines % 3)] << '\n';
            }
        }
        std::filesystem::rename(directory / "cni.log.1", directory / "cni.log.2");
        std::filesystem::rename(path, directory / "cni.log.1");
        std::filesystem::rename(directory / "cni.log.2", path);
        files::follower follower({.path = path, .is_from_beginning = true});
        if (!follower.open({}, {})) {
            std::abort();
        }
        bool is_rotated = false;
        std::uint64_t bytes = 0;
        state.ResumeTiming();
        for (;;) {
            const bool has_more = follower.read_some({}, [&](const files::line& each) {
                bytes += each.size + 1;
                return true;
            });
            if (!has_more && is_rotated) {
                break;
            }
            if (!is_rotated && bytes > size / 4) {
                std::filesystem::rename(path, directory / "cni.log.3");
                std::filesystem::rename(directory / "cni.log.1", path);
                is_rotated = true;
            }
        }
        state.PauseTiming();
        std::filesystem::remove(path);
        std::filesystem::remove(directory / "cni.log.3");
        state.ResumeTiming();
    }
    std::filesystem::remove_all(directory);
    state.SetItemsProcessed(lines);
    state.SetBytesProcessed(static_cast<std::int64_t>(size) * state.iterations());
}
BENCHMARK(follow)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
