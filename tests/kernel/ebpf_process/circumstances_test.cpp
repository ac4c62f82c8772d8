// SPDX-License-Identifier: Apache-2.0
// Which hook is attached as what, by each way down the ladder; and what is said where the kernel withholds something.
#include "live_collector.hpp"

#include <array>
#include <cstdio>
#include <map>
#include <set>
#include <string_view>

#include <boost/json.hpp>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>

namespace sonde::ebpf {
namespace {

constexpr int skipped = 77;

struct served {
    std::string as;   // "none": by nothing
    std::string why;  // the last refusal
};

std::map<std::string, served> hooks_of(testing::collector_driver& driver) {
    std::map<std::string, served> all;
    const auto page = driver.ask("features");
    EXPECT_TRUE(page);
    const auto features = boost::json::parse(*page);
    for (const auto& hook : features.at("hooks").as_array()) {
        const auto& refused = hook.at("refused").as_array();
        all[std::string(hook.at("hook").as_string())] = {
            std::string(hook.at("attached_as").as_string()),
            refused.empty() ? "" : std::string(refused.back().at("reason").as_string())};
    }
    return all;
}

// With everything switched on that has a hook.
std::map<std::string, served> hooks_without(const char* kind) {
    testing::fake_host host;
    testing::collector_driver driver(host, collector_table);
    EXPECT_TRUE(driver.launch({{"signals", "true"},
                               {"tcp_sends", "true"},
                               {"namespaces", "true"},
                               {"sync_processes", "etcd"},
                               {"xdp_interfaces", "lo"},
                               {"without", kind}}));
    EXPECT_TRUE(host.reports.wait_for([](const auto&) { return true; }, patience));
    auto all = hooks_of(driver);
    EXPECT_TRUE(driver.stop());
    return all;
}

// One line per hook, from which tests/kernels/matrix.py makes its table.
void print(const std::map<std::string, served>& hooks, const std::string& without) {
    for (const auto& [hook, how] : hooks) {
        std::printf("hook|%s%s|%s|%s\n", hook.c_str(), without.empty() ? "" : (" without " + without).c_str(),
                    how.as.c_str(), how.as == "none" ? how.why.c_str() : "");
    }
    std::fflush(stdout);
}

TEST_F(EbpfTest, an_interface_that_is_not_there_is_named_and_the_rest_runs) {
    launch({{"xdp_interfaces", "nowhere0"}});
    const auto all = hooks_of(driver);
    ASSERT_TRUE(all.contains("xdp.observe"));
    EXPECT_EQ(all.at("xdp.observe").as, "none");
    EXPECT_THAT(all.at("xdp.observe").why, ::testing::HasSubstr("nowhere0"));
    if (all.at("process.exec").as == "none") {
        GTEST_SKIP() << "nothing else runs on this machine either: " << all.at("process.exec").why;
    }
    EXPECT_EQ(host.reports.all().back().health, health::permanent);
}

TEST_F(EbpfTest, no_interface_is_watched_unless_it_is_named) {
    launch();
    EXPECT_FALSE(hooks_of(driver).contains("xdp.observe"));
}

TEST_F(EbpfTest, each_hook_is_attached_as_something_or_says_why_not) {
    const auto best = hooks_without("");
    print(best, "");
    EXPECT_GE(best.size(), 13u);
    for (const auto& [hook, how] : best) {
        EXPECT_FALSE(how.as == "none" && how.why.empty()) << hook;
    }
    // What every supported kernel has.
    for (const char* const hook : {"process.exec", "process.fork", "process.exit", "process.snapshot", "cgroup.made",
                                   "tcp_states", "tcp_walk", "signal.generate"}) {
        const auto found = best.find(hook);
        EXPECT_TRUE(found == best.end() || found->second.as != "none") << hook << ": " << found->second.why;
    }
}

TEST_F(EbpfTest, a_forced_step_down_lands_on_the_next_rung) {
    const auto best = hooks_without("");
    const std::map<std::string, std::map<std::string, std::string>> wanted{
        {"tp_btf",
         {{"process.exec", "raw_tp"},
          {"process.fork", "raw_tp"},
          {"process.exit", "raw_tp"},
          {"cgroup.made", "raw_tp"},
          {"tcp_states", "tp_btf with a table"}}},
        {"fentry",
         {{"send.tcp", "kprobe"},
          {"namespace.ended", "kprobe"},
          {"namespace.setns.begin", "tracepoint"},
          {"sync.fdatasync.begin", "tracepoint"}}},
        {"fexit", {{"namespace.setns.end", "tracepoint"}, {"sync.fdatasync.end", "tracepoint"}}},
        {"iter.s", {{"process.snapshot", "iter"}}},
        {"cgroup/sock_create", {{"udp_created", "cgroup/sock_create without namespace"}}},
    };
    for (const auto& [kind, rungs] : wanted) {
        const auto forced = hooks_without(kind.c_str());
        std::map<std::string, served> changed;
        for (const auto& [hook, rung] : rungs) {
            const auto before = best.find(hook);
            ASSERT_NE(before, best.end()) << hook;
            changed[hook] = forced.at(hook);
            if (before->second.as == kind) {
                EXPECT_EQ(forced.at(hook).as, rung) << hook << ": " << forced.at(hook).why;
            } else {
                EXPECT_EQ(forced.at(hook).as, before->second.as) << hook << " was never served by " << kind;
            }
        }
        print(changed, kind);
    }
}

// As the kernel's checkpointing does: the pid is chosen.
pid_t fork_as(pid_t wanted) {
    clone_args how{};
    how.exit_signal = SIGCHLD;
    how.set_tid = reinterpret_cast<std::uint64_t>(&wanted);
    how.set_tid_size = 1;
    return static_cast<pid_t>(::syscall(SYS_clone3, &how, sizeof how));
}

TEST_F(EbpfTest, a_pid_that_comes_again_is_another_process) {
    launch();
    const pid_t first = ::fork();
    if (first == 0) {
        ::_exit(1);
    }
    ::waitpid(first, nullptr, 0);
    const pid_t second = fork_as(first);
    if (second == 0) {
        ::_exit(2);
    }
    if (second < 0) {
        GTEST_SKIP() << "a pid cannot be chosen here: errno " << errno;
    }
    ASSERT_EQ(second, first);
    ::waitpid(second, nullptr, 0);
    ASSERT_TRUE(driver.stop());
    std::vector<std::pair<std::uint64_t, int>> forks;
    std::vector<std::pair<std::uint64_t, int>> exits;
    for (const auto& record : host.lane.envelopes(process::process_topic)) {
        if (record.pid != static_cast<std::uint32_t>(first)) {
            continue;
        }
        const auto event = payload_of(record);
        const std::pair one(event.process().create_time_unix_nano(), static_cast<int>(event.exit_code()));
        if (event.kind() == kind::KIND_FORK) {
            forks.push_back(one);
        } else if (event.kind() == kind::KIND_EXIT) {
            exits.push_back(one);
        }
    }
    ASSERT_EQ(forks.size(), 2u);
    ASSERT_EQ(exits.size(), 2u);
    EXPECT_LT(forks[0].first, forks[1].first);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(exits[i], std::pair(forks[i].first, static_cast<int>(i) + 1));
    }
}

TEST(EbpfLockedDown, says_that_the_kernel_forbids_it) {
    if (const auto machine = bpf::look_around({}); machine.lockdown != "confidentiality") {
        GTEST_SKIP() << "this kernel is not locked down for confidentiality: " << machine.lockdown;
    }
    testing::fake_host host;
    testing::collector_driver driver(host, collector_table);
    ASSERT_TRUE(driver.launch());
    ASSERT_TRUE(host.reports.wait_for([](const auto&) { return true; }, patience));
    const auto report = host.reports.all().back();
    std::printf("%s: %s\n", report.reason.c_str(), report.text.c_str());
    EXPECT_EQ(report.health, health::permanent);
    EXPECT_EQ(report.reason, "kernel_locked_down");
    EXPECT_THAT(report.text, ::testing::HasSubstr("lockdown=integrity"));
    EXPECT_TRUE(driver.stop());
}

void drop_capability(unsigned number) {
    __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> held{};
    ::syscall(SYS_capget, &head, held.data());
    for (std::uint32_t* const set : {&held[0].effective, &held[0].permitted, &held[0].inheritable}) {
        *set &= ~(1u << number);
    }
    ::syscall(SYS_capset, &head, held.data());
}

// In a child with at most `limit` bytes of locked memory: 0 if all is well, 1 if the status says what is wrong.
int run_with_memory_lock(rlim_t limit, bool may_raise) {
    child limited([=] {
        const rlimit both{limit, limit};
        if (::setrlimit(RLIMIT_MEMLOCK, &both) != 0) {
            ::_exit(skipped);
        }
        if (!may_raise) {
            drop_capability(CAP_SYS_RESOURCE);
        }
        testing::fake_host host;
        testing::collector_driver driver(host, collector_table);
        if (!driver.launch(processes_only) || !host.reports.wait_for([](const auto&) { return true; }, patience)) {
            ::_exit(2);
        }
        const auto report = host.reports.all().back();
        std::printf("%s: %s\n", report.reason.c_str(), report.text.c_str());
        std::fflush(stdout);
        const bool is_served = hooks_of(driver)["process.exec"].as != "none";
        const bool is_explained = report.text.find("limit of locked memory") != std::string::npos;
        if (!driver.stop()) {
            ::_exit(3);
        }
        ::_exit(is_served ? 0 : is_explained ? 1 : 4);
    });
    return WEXITSTATUS(limited.wait());
}

TEST_F(EbpfTest, a_low_limit_of_locked_memory_is_raised_at_start) {
    const int status = run_with_memory_lock(65536, true);
    if (status == skipped) {
        GTEST_SKIP() << "the limit cannot be set here";
    }
    EXPECT_EQ(status, 0);
}

// Kernels from 5.11 on charge memory to the cgroup instead, and do not care.
TEST_F(EbpfTest, a_limit_of_locked_memory_that_cannot_be_raised_is_named) {
    const int status = run_with_memory_lock(8u << 20, false);
    EXPECT_TRUE(status == 0 || status == 1) << status;
}

}  // namespace
}  // namespace sonde::ebpf
