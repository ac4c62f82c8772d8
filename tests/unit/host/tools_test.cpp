// SPDX-License-Identifier: Apache-2.0
// The running kernel, beside what procps, coreutils and iproute2 say of it at the same time; and what a scan costs.
#include <sys/resource.h>

#include <array>
#include <cstdio>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "host/collector.hpp"
#include "metrics_read.hpp"

namespace sonde::host_metrics {
namespace {

using namespace std::chrono_literals;

std::string output_of(const std::string& command) {
    std::string text;
    FILE* const pipe = ::popen((command + " 2>/dev/null").c_str(), "re");
    if (pipe == nullptr) {
        return text;
    }
    std::array<char, 4096> part{};
    while (const std::size_t size = std::fread(part.data(), 1, part.size(), pipe)) {
        text.append(part.data(), size);
    }
    return ::pclose(pipe) == 0 ? text : std::string();
}

// "     3056489 non-nice user cpu ticks"
std::map<std::string, double> vmstat() {
    std::map<std::string, double> found;
    std::istringstream text(output_of("vmstat -s"));
    for (std::string line; std::getline(text, line);) {
        std::istringstream words(line);
        double amount = 0;
        words >> amount >> std::ws;
        std::string name;
        std::getline(words, name);
        found[name] = amount;
    }
    return found;
}

class HostTools : public ::testing::Test {
protected:
    HostTools() { host.clock.follow_real_time(); }
    std::vector<v1::MetricSet> scan(const testing::option_texts& texts = {}) {
        auto values = testing::config::from(component_table<collector>::table, texts);
        EXPECT_TRUE(values);
        const meters counted(host.host());
        publisher out(host.host());
        EXPECT_TRUE(out.open());
        sampler samples(host.host(), counted, out, *read_options(values->settings()));
        samples.scan();
        problem = samples.problem();
        auto sets = sets_of(host);
        host.lane.release();
        return sets;
    }
    testing::fake_host host;
    std::optional<sampler::trouble> problem;
};

TEST_F(HostTools, counters_lie_between_two_answers_of_vmstat) {
    const auto before = vmstat();
    if (before.empty()) {
        GTEST_SKIP() << "vmstat is missing";
    }
    const auto sets = scan();
    const auto after = vmstat();
    const double ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    const auto expect_between = [&](const char* name, double value) {
        EXPECT_GE(value, before.at(name)) << name;
        EXPECT_LE(value, after.at(name)) << name;
    };
    const auto cpu = [&](const char* mode) { return value_of(sets, "system.cpu.time", {{"cpu.mode", mode}}) * ticks; };
    expect_between("non-nice user cpu ticks", std::round(cpu("user")));
    expect_between("nice user cpu ticks", std::round(cpu("nice")));
    expect_between("system cpu ticks", std::round(cpu("system")));
    expect_between("softirq cpu ticks", std::round(cpu("softirq")));
    expect_between("stolen cpu ticks", std::round(cpu("steal")));
    expect_between("CPU context switches", value_of(sets, "system.linux.context_switches"));
    expect_between("interrupts", value_of(sets, "system.linux.interrupts"));
    expect_between("forks", value_of(sets, "system.process.created"));
    expect_between("pages swapped out",
                   value_of(sets, "system.paging.operations", {{"system.paging.direction", "out"}}));
}

TEST_F(HostTools, memory_is_that_of_vmstat) {
    const auto told = vmstat();
    if (told.empty()) {
        GTEST_SKIP() << "vmstat is missing";
    }
    const auto sets = scan();
    const double slack = told.at("K total memory") * 0.02;  // it goes on changing
    const auto state = [&](const char* name) {
        return value_of(sets, "system.memory.usage", {{"system.memory.state", name}}) / 1024;
    };
    EXPECT_EQ(value_of(sets, "system.memory.limit") / 1024, told.at("K total memory"));
    EXPECT_NEAR(state("free"), told.at("K free memory"), slack);
    EXPECT_NEAR(state("buffers"), told.at("K buffer memory"), slack);
    EXPECT_NEAR(state("cached"), told.at("K swap cache"), slack);  // as vmstat calls it
    EXPECT_EQ((value_of(sets, "system.paging.usage", {{"system.paging.state", "used"}}) +
               value_of(sets, "system.paging.usage", {{"system.paging.state", "free"}})) /
                  1024,
              told.at("K total swap"));
}

TEST_F(HostTools, file_systems_are_those_of_df) {
    const std::string text = output_of("df -B1 -l --output=size,used,avail,target -x tmpfs -x devtmpfs -x overlay");
    if (text.empty()) {
        GTEST_SKIP() << "df is missing";
    }
    const auto sets = scan();
    std::istringstream lines(text);
    std::string line;
    std::getline(lines, line);
    std::size_t compared = 0;
    while (std::getline(lines, line)) {
        std::istringstream words(line);
        double size = 0, used = 0, available = 0;
        std::string target;
        words >> size >> used >> available >> target;
        const auto value = [&](const char* state) {
            return value_of(sets, "system.filesystem.usage",
                            {{"system.filesystem.mountpoint", target}, {"system.filesystem.state", state}});
        };
        if (value("used") < 0) {
            continue;  // left out by default
        }
        ++compared;
        EXPECT_NEAR(value("used"), used, size * 0.01) << target;
        EXPECT_NEAR(value("free"), available, size * 0.01) << target;
        EXPECT_EQ(value_of(sets, "system.filesystem.limit", {{"system.filesystem.mountpoint", target}}), size);
    }
    EXPECT_GT(compared, 0u);
}

TEST_F(HostTools, interfaces_count_between_two_answers_of_ip) {
    // name, received bytes and packets, sent bytes and packets of the loopback device
    const auto ip = [] {
        std::istringstream lines(output_of("ip -s link show dev lo"));
        std::array<double, 4> counts{};
        for (std::string line; std::getline(lines, line);) {
            const bool is_receive = line.find("RX:") != std::string::npos;
            if (is_receive || line.find("TX:") != std::string::npos) {
                std::getline(lines, line);
                std::istringstream words(line);
                words >> counts[is_receive ? 0 : 2] >> counts[is_receive ? 1 : 3];
            }
        }
        return counts;
    };
    if (output_of("ip -V").empty()) {
        GTEST_SKIP() << "ip is missing";
    }
    const auto before = ip();
    const auto sets = scan();
    const auto after = ip();
    const auto value = [&](const char* name, const char* direction) {
        return value_of(sets, name, {{"network.interface.name", "lo"}, {"network.io.direction", direction}});
    };
    const std::array told{value("system.network.io", "receive"), value("system.network.packet.count", "receive"),
                          value("system.network.io", "transmit"), value("system.network.packet.count", "transmit")};
    for (std::size_t i = 0; i < told.size(); ++i) {
        EXPECT_GE(told[i], before[i]);
        EXPECT_LE(told[i], after[i]);
    }
}

TEST_F(HostTools, a_scan_of_this_machine_lacks_nothing) {
    const auto sets = scan();
    EXPECT_FALSE(problem) << problem->text;
    EXPECT_EQ(host.metrics.total("host.malformed"), 0);
    for (const char* group : {"cpu", "memory", "network", "load", "processes"}) {
        EXPECT_TRUE(std::ranges::any_of(sets, [&](const auto& set) { return set.group() == group; })) << group;
    }
}

TEST_F(HostTools, what_a_scan_costs) {
    auto values = testing::config::from(component_table<collector>::table, {});
    ASSERT_TRUE(values);
    const meters counted(host.host());
    publisher out(host.host());
    ASSERT_TRUE(out.open());
    sampler samples(host.host(), counted, out, *read_options(values->settings()));
    samples.scan();
    constexpr int rounds = 50;
    rusage before{}, after{};
    ::getrusage(RUSAGE_SELF, &before);
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < rounds; ++i) {
        samples.scan();
        host.lane.release();
    }
    const auto took = std::chrono::steady_clock::now() - began;
    ::getrusage(RUSAGE_SELF, &after);
    const auto cpu = [](const rusage& of) {
        return (of.ru_utime.tv_sec + of.ru_stime.tv_sec) * 1'000'000 + of.ru_utime.tv_usec + of.ru_stime.tv_usec;
    };
    const auto cpu_each = (cpu(after) - cpu(before)) / rounds;
    std::printf("one scan: %lld us of time, %lld us of processor time\n",
                static_cast<long long>(std::chrono::duration_cast<std::chrono::microseconds>(took).count() / rounds),
                static_cast<long long>(cpu_each));
    EXPECT_LT(cpu_each, 100'000);
}

}  // namespace
}  // namespace sonde::host_metrics
