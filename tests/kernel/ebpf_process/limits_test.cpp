// SPDX-License-Identifier: Apache-2.0
// What is left when there is much at once, little room, little privilege, or little of a kernel; and that nothing
// stays.
#include "live_collector.hpp"

#include <array>
#include <cstdio>
#include <memory>
#include <sched.h>
#include <set>
#include <spawn.h>
#include <vector>

#include <boost/json.hpp>

#include "ebpf/engine.hpp"

extern char** environ;

namespace sonde::ebpf {
namespace {

std::set<std::uint32_t> run_programs(std::size_t count) {
    std::set<std::uint32_t> pids;
    std::array<char, 16> name{"true"};
    std::array<char*, 2> arguments{name.data(), nullptr};
    for (std::size_t i = 0; i < count; ++i) {
        pid_t pid = 0;
        EXPECT_EQ(::posix_spawn(&pid, "/bin/true", nullptr, nullptr, arguments.data(), environ), 0);
        int status = 0;
        EXPECT_EQ(::waitpid(pid, &status, 0), pid);
        pids.insert(static_cast<std::uint32_t>(pid));
    }
    return pids;
}

struct told_counts {
    std::size_t exec = 0;
    std::size_t fork = 0;
    std::size_t exit = 0;
};

told_counts count_of(const testing::fake_host& host, const std::set<std::uint32_t>& pids) {
    told_counts told;
    for (const auto& record : host.lane.envelopes(process::process_topic)) {
        if (!pids.contains(record.pid)) {
            continue;
        }
        switch (payload_of(record).kind()) {
        case kind::KIND_EXEC: ++told.exec; break;
        case kind::KIND_FORK: ++told.fork; break;
        case kind::KIND_EXIT: ++told.exit; break;
        default: break;
        }
    }
    return told;
}

TEST_F(EbpfTest, every_one_of_a_thousand_programs_is_told) {
    launch();
    const auto pids = run_programs(1000);
    ASSERT_EQ(pids.size(), 1000u);
    ASSERT_TRUE(driver.stop());
    const told_counts told = count_of(host, pids);
    EXPECT_EQ(told.exec, 1000u);
    EXPECT_EQ(told.fork, 1000u);
    EXPECT_EQ(told.exit, 1000u);
    EXPECT_EQ(host.lane.dropped(process::process_topic, drop_reason::kernel_ring_full), 0u);
}

// Nobody reads while the programs run, in a pid namespace of their own: other processes of the machine are not told, so
// that the sums are exact.
TEST_F(EbpfTest, a_ring_that_is_too_small_counts_exactly_what_it_loses) {
    constexpr std::size_t count = 500;
    option_values options;
    options.containers_only = true;
    options.ring_size = static_cast<std::uint32_t>(::sysconf(_SC_PAGESIZE));
    const auto machine = bpf::look_around({});
    tally counted(host.host());
    std::vector<std::unique_ptr<family>> families;
    families.push_back(std::make_unique<process::process_family>(
        host.host(),
        process::process_settings{
            std::make_shared<process::cgroup_names>(machine.cgroup_root, "/proc"), "/proc", options.args_limit, {}}));
    map_meters maps(host.host());
    engine programs(host.host(), counted, maps, std::move(families));
    ASSERT_TRUE(programs.open(machine, options));
    child outer([] {
        if (::unshare(CLONE_NEWPID) != 0) {
            ::_exit(1);
        }
        const pid_t inner = ::fork();
        if (inner == 0) {
            run_programs(count);
            ::_exit(0);
        }
        int status = 0;
        ::waitpid(inner, &status, 0);
        ::_exit(WEXITSTATUS(status));
    });
    ASSERT_EQ(outer.wait(), 0);
    while (programs.drain(1000)) {
    }
    programs.count_losses();
    const auto told_and_lost = [&](std::uint32_t type) {
        return counted.events(type) + counted.lost(type, SONDE_LOSS_RING_FULL);
    };
    EXPECT_EQ(told_and_lost(SONDE_EVENT_EXEC), count);
    EXPECT_EQ(told_and_lost(SONDE_EVENT_FORK), count + 1);
    EXPECT_EQ(told_and_lost(SONDE_EVENT_EXIT), count + 1);
    EXPECT_GT(counted.lost(SONDE_EVENT_EXEC, SONDE_LOSS_RING_FULL), count / 2);
    EXPECT_EQ(host.lane.dropped(process::process_topic, drop_reason::kernel_ring_full),
              counted.lost(SONDE_EVENT_EXEC, SONDE_LOSS_RING_FULL) +
                  counted.lost(SONDE_EVENT_FORK, SONDE_LOSS_RING_FULL) +
                  counted.lost(SONDE_EVENT_EXIT, SONDE_LOSS_RING_FULL));
}

TEST_F(EbpfTest, without_btf_tracepoints_the_next_rung_serves) {
    launch({{"without", "tp_btf"}});
    const auto features = boost::json::parse(*driver.ask("features"));
    for (const auto& hook : features.at("hooks").as_array()) {
        EXPECT_NE(hook.at("attached_as").as_string(), "tp_btf");
        if (hook.at("hook").as_string() == "process.exec") {
            EXPECT_EQ(hook.at("attached_as").as_string(), "raw_tp");
            EXPECT_EQ(hook.at("refused").at(0).at("reason").as_string(), "switched off by configuration");
        }
    }
    const auto pids = run_programs(20);
    ASSERT_TRUE(driver.stop());
    EXPECT_EQ(count_of(host, pids).exec, 20u);
    EXPECT_EQ(count_of(host, pids).exit, 20u);
}

TEST_F(EbpfTest, a_hook_that_the_kernel_lacks_degrades_the_status_and_nothing_else) {
    launch({{"tcp_sends", "true"}});
    const auto features = boost::json::parse(*driver.ask("features"));
    std::string attached_as;
    for (const auto& hook : features.at("hooks").as_array()) {
        if (hook.at("hook").as_string() == "send.tcp") {
            attached_as = hook.at("attached_as").as_string();
        }
    }
    if (attached_as != "none") {
        GTEST_SKIP() << "this kernel can trace functions: send.tcp is attached as " << attached_as;
    }
    EXPECT_EQ(host.reports.all().back().health, health::permanent);
    EXPECT_EQ(host.reports.all().back().reason, "hooks_missing");
    EXPECT_THAT(host.reports.all().back().text, ::testing::HasSubstr("send.tcp"));
    const auto pids = run_programs(1);
    ASSERT_TRUE(driver.stop());
    EXPECT_EQ(count_of(host, pids).exec, 1u) << "the others go on";
}

TEST(EbpfUnprivileged, reports_what_is_missing_and_goes_on) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) {
            ::_exit(90);
        }
        testing::fake_host host;
        host.clock.follow_real_time();
        testing::collector_driver driver(host, collector_table);
        if (!driver.launch(processes_only) || !host.reports.wait_for([](const auto&) { return true; }, patience)) {
            ::_exit(91);
        }
        const auto report = host.reports.all().back();
        const auto features = driver.ask("features");
        if (report.health != health::permanent || report.reason != "capabilities_missing" ||
            report.text.find("CAP_BPF") == std::string::npos || !features ||
            features->find("\"attached_as\":\"none\"") == std::string::npos) {
            std::printf("%s: %s\n", report.reason.c_str(), report.text.c_str());
            std::fflush(stdout);
            ::_exit(92);
        }
        ::_exit(driver.stop() ? 0 : 93);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace sonde::ebpf
