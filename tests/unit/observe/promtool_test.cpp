// SPDX-License-Identifier: Apache-2.0
// The page against the judgement of Prometheus' own tool.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <sys/wait.h>

#include <gtest/gtest.h>

#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "observe/process_usage.hpp"
#include "observe/prometheus.hpp"

namespace sonde::observe {
namespace {

// A page with every kind of name and unit that the agent uses.
std::string page() {
    registry all({.series = 2, .instruments = 64});
    logger log;
    all.add_source([&](sample_sink& into) { log.sample(into); });
    all.add_source([](sample_sink& into) { sample(read_process_usage().value(), into); });
    for (const std::string_view owner : {"", "process", "odd \"name\"\n"}) {
        add(all.cell(owner, kind::counter, "sonde.lane.produced.items", "{item}", "Items.").cell, 1u << 31);
        add(all.cell(owner, kind::counter, "sonde.lane.produced", "By", "").cell);
        add(all.cell(owner, kind::counter, "sonde.call.duration", "ns", "Time\nin \\ calls.").cell, 5);
        set(all.cell(owner, kind::gauge, "sonde.memory.used", "MiBy", "Memory.").cell, 3);
        set(all.cell(owner, kind::gauge, "sonde.fill", "1", "Fill.").cell, -1);
        constexpr std::array<std::uint64_t, 2> bounds{1'000'000, 2'000'000'000};
        add(all.histogram(owner, "sonde.event.age", "ns", "Age.", bounds).cell);
        for (const std::string_view reason : {"a", "b", "c", "d"}) {
            add(all.cell(owner, kind::counter, "sonde.lost.items", "{item}", "Lost.", {{"error.type", reason}}).cell);
        }
    }
    return prometheus_page(all.snapshot());
}

TEST(Promtool, finds_nothing_to_say_about_the_page) {
    if (std::system("command -v promtool >/dev/null 2>&1") != 0) {
        GTEST_SKIP() << "promtool is not installed (Debian package prometheus)";
    }
    std::string file = testing::TempDir() + "sonde_promtool_XXXXXX";
    const int fd = ::mkstemp(file.data());
    ASSERT_GE(fd, 0);
    ::close(fd);
    std::ofstream(file) << page();
    std::FILE* tool = ::popen(("promtool check metrics < '" + file + "' 2>&1").c_str(), "r");
    ASSERT_NE(tool, nullptr);
    std::string said;
    std::array<char, 512> part{};
    while (std::fgets(part.data(), part.size(), tool) != nullptr) {
        said += part.data();
    }
    const int status = ::pclose(tool);
    std::filesystem::remove(file);
    EXPECT_EQ(WEXITSTATUS(status), 0) << said << page();
    EXPECT_EQ(said, "");
}

}  // namespace
}  // namespace sonde::observe
