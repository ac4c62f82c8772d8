// SPDX-License-Identifier: Apache-2.0
// Network namespaces that threads and real programs make and enter: each change once, and nothing else.
#include <compare>
#include <ostream>
#include <thread>

#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "bpf/support/descriptor.hpp"
#include "calls.hpp"
#include "worker.hpp"

extern char** environ;

namespace sonde::ebpf::test {
namespace {

using bpf::descriptor;
using event_type = v1::NetworkNamespaceEvent;
using words = worker::words;

constexpr const char* own_namespace = "/proc/thread-self/ns/net";

std::uint32_t inode_of(const std::string& path) {
    struct stat about{};
    return ::stat(path.c_str(), &about) == 0 ? static_cast<std::uint32_t>(about.st_ino) : 0;
}

struct change {
    event_type::Action action;
    event_type::Call call;
    std::uint32_t before;
    std::uint32_t after;
    std::uint32_t tid;
    auto operator<=>(const change&) const = default;
};

void PrintTo(const change& what, std::ostream* to) {
    *to << event_type::Action_Name(what.action) << " by " << event_type::Call_Name(what.call) << " of " << what.tid
        << ": " << what.before << " to " << what.after;
}

change created(event_type::Call call, std::uint32_t before, std::uint32_t after, std::uint32_t tid) {
    return {event_type::ACTION_CREATED, call, before, after, tid};
}

change entered(std::uint32_t before, std::uint32_t after, std::uint32_t tid) {
    return {event_type::ACTION_ENTERED, event_type::CALL_SETNS, before, after, tid};
}

class NamespacesTest : public CallsTest {
protected:
    void launch_namespaces() {
        if (!has_own_tracefs()) {
            GTEST_SKIP() << "no tracefs can be mounted here";
        }
        launch_with({{"namespaces", "true"}});
        for (const char* hook : {"namespace.clone", "namespace.setns.begin", "namespace.setns.end",
                                 "namespace.unshare.begin", "namespace.unshare.end"}) {
            ASSERT_TRUE(is_served(hook)) << *driver.ask("features");
        }
    }
    std::vector<change> changes_of(std::uint32_t pid) {
        std::vector<change> all;
        for (const auto& record : host.lane.envelopes(calls::namespace_topic)) {
            const auto event = payload_of<event_type>(record);
            if (record.pid == pid && event.action() != event_type::ACTION_ENDED) {
                EXPECT_EQ(record.network_namespace, event.inode());
                EXPECT_NE(record.cgroup_id, 0u);
                EXPECT_GT(record.process_start_time, 0);
                all.push_back({event.action(), event.call(), event.previous_inode(), event.inode(), event.tid()});
            }
        }
        return all;
    }
    // As soon as there are so many.
    std::vector<change> await_changes(std::uint32_t pid, std::size_t count) {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (changes_of(pid).size() < count && std::chrono::steady_clock::now() < deadline) {
            std::this_thread::sleep_for(20ms);
        }
        return changes_of(pid);
    }
    // Runs a program to its end; its pid, or 0 if it failed.
    static std::uint32_t run(std::vector<std::string> arguments) {
        std::vector<char*> raw;
        for (std::string& each : arguments) {
            raw.push_back(each.data());
        }
        raw.push_back(nullptr);
        pid_t pid = 0;
        int status = -1;
        if (::posix_spawnp(&pid, raw[0], nullptr, nullptr, raw.data(), environ) != 0) {
            return 0;
        }
        ::waitpid(pid, &status, 0);
        return status == 0 ? static_cast<std::uint32_t>(pid) : 0;
    }
    std::string name_of(std::uint32_t pid) {
        const auto told = wait_for<event_type>(calls::namespace_topic,
                                               [=](std::uint32_t by, const event_type&) { return by == pid; });
        return told ? payload_of<event_type>(*told).name() : "";
    }

    const std::uint32_t own = inode_of(own_namespace);
};
INSTANTIATE_TEST_SUITE_P(Rungs, NamespacesTest, ::testing::Values("", "fentry,fexit", "tp_btf"), [](const auto& of) {
    const std::string without = of.param;
    return without.empty() ? "best" : without == "tp_btf" ? "without_tp_btf" : "tracepoints";
});

// A thread makes a namespace, goes back, and forth; what changes nothing lies between.
words wander() {
    words seen;
    std::thread([&] {
        const descriptor home(::open(own_namespace, O_RDONLY | O_CLOEXEC));
        const bool has_left = ::unshare(CLONE_NEWNET) == 0;
        const descriptor away(::open(own_namespace, O_RDONLY | O_CLOEXEC));
        const bool is_back = ::setns(home.number(), CLONE_NEWNET) == 0 && ::setns(home.number(), 0) == 0;
        const bool is_refused = ::setns(-1, CLONE_NEWNET) != 0 && ::unshare(-1) != 0;
        const bool has_other = ::unshare(CLONE_NEWUTS) == 0;
        const bool is_away = ::setns(away.number(), CLONE_NEWNET) == 0 && ::setns(away.number(), 0) == 0;
        seen = {has_left && is_back && is_refused && has_other && is_away ? 1u : 0u,
                static_cast<std::uint32_t>(::syscall(SYS_gettid)), inode_of(own_namespace)};
    }).join();
    return seen;
}

TEST_P(NamespacesTest, a_thread_that_comes_and_goes_is_told_step_by_step) {
    ASSERT_NO_FATAL_FAILURE(launch_namespaces());
    worker wanderer([](int step) -> words {
        if (step == 0) {
            return wander();
        }
        const pid_t like_this = ::fork();
        if (like_this == 0) {
            ::_exit(0);
        }
        ::waitpid(like_this, nullptr, 0);
        return {::unshare(CLONE_NEWNET) == 0 ? 1u : 0u, inode_of(own_namespace)};
    });
    const words first = wanderer.go(0);
    const words second = wanderer.go(1);
    ASSERT_TRUE(first.size() > 2 && first[0] == 1 && second.size() > 1 && second[0] == 1);
    const auto pid = wanderer.pid();
    const auto [tid, away, last] = std::tuple(first[1], first[2], second[1]);
    ASSERT_NE(tid, pid);
    EXPECT_THAT(await_changes(pid, 4),
                ::testing::ElementsAre(created(event_type::CALL_UNSHARE, own, away, tid), entered(away, own, tid),
                                       entered(own, away, tid), created(event_type::CALL_UNSHARE, own, last, pid)));
}

TEST_P(NamespacesTest, a_child_that_is_born_into_one_is_told_as_its_maker) {
    ASSERT_NO_FATAL_FAILURE(launch_namespaces());
    worker maker([](int) -> words {
        auto* const inode = static_cast<std::uint32_t*>(
            ::mmap(nullptr, sizeof(std::uint32_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
        const auto born = static_cast<pid_t>(::syscall(SYS_clone, CLONE_NEWNET | SIGCHLD, 0, 0, 0, 0));
        if (born == 0) {
            *inode = inode_of(own_namespace);
            ::_exit(0);
        }
        ::waitpid(born, nullptr, 0);
        return {static_cast<std::uint32_t>(born), *inode};
    });
    const words said = maker.go(0);
    ASSERT_GT(said.size(), 1u);
    const auto pid = said[0];
    EXPECT_THAT(await_changes(pid, 1), ::testing::ElementsAre(created(event_type::CALL_CLONE, own, said[1], pid)));
    EXPECT_TRUE(changes_of(maker.pid()).empty());
}

TEST_P(NamespacesTest, unshare_and_nsenter_are_told) {
    ASSERT_NO_FATAL_FAILURE(launch_namespaces());
    worker keeper([](int) -> words { return {::unshare(CLONE_NEWNET) == 0 ? inode_of(own_namespace) : 0}; });
    const words said = keeper.go(0);
    ASSERT_NE(said.at(0), 0u);
    const auto maker = run({"unshare", "-n", "true"});
    const auto visitor = run({"nsenter", "--net=/proc/" + std::to_string(keeper.pid()) + "/ns/net", "true"});
    ASSERT_TRUE(maker != 0 && visitor != 0);
    const auto made = await_changes(maker, 1);
    ASSERT_EQ(made.size(), 1u);
    EXPECT_EQ(made[0], created(event_type::CALL_UNSHARE, own, made[0].after, maker));
    EXPECT_NE(made[0].after, own);
    EXPECT_EQ(name_of(maker), "unshare");
    EXPECT_THAT(await_changes(visitor, 1), ::testing::ElementsAre(entered(own, said[0], visitor)));
    EXPECT_EQ(name_of(visitor), "nsenter");
}

TEST_P(NamespacesTest, ip_netns_is_told) {
    ASSERT_NO_FATAL_FAILURE(launch_namespaces());
    constexpr const char* ip = "/sbin/ip";
    if (::mount("none", "/run", "tmpfs", 0, nullptr) != 0 || run({ip, "netns", "add", "sonde_test"}) == 0) {
        GTEST_SKIP() << "ip netns does not work here";
    }
    const std::uint32_t inode = inode_of("/run/netns/sonde_test");
    const auto visitor = run({ip, "netns", "exec", "sonde_test", "true"});
    ASSERT_NE(visitor, 0u);
    EXPECT_THAT(await_changes(visitor, 1), ::testing::ElementsAre(entered(own, inode, visitor)));
    const auto made = wait_for<event_type>(calls::namespace_topic, [=](std::uint32_t, const event_type& event) {
        return event.action() == event_type::ACTION_CREATED && event.inode() == inode;
    });
    ASSERT_TRUE(made);
    // It goes back to where it came from when it has mounted the name.
    EXPECT_THAT(await_changes(made->pid, 2),
                ::testing::ElementsAre(created(event_type::CALL_UNSHARE, own, inode, made->pid),
                                       entered(inode, own, made->pid)));
    EXPECT_EQ(payload_of<event_type>(*made).name(), "ip");
    EXPECT_NE(run({ip, "netns", "del", "sonde_test"}), 0u);
}

TEST_P(NamespacesTest, the_end_of_one_is_told_when_nothing_holds_it) {
    ASSERT_NO_FATAL_FAILURE(launch_namespaces());
    if (!is_served("namespace.ended")) {
        GTEST_SKIP() << "this kernel has neither function tracing nor kprobes";
    }
    descriptor held;
    worker maker([](int) -> words { return {::unshare(CLONE_NEWNET) == 0 ? inode_of(own_namespace) : 0}; });
    const std::uint32_t inode = maker.go(0).at(0);
    ASSERT_NE(inode, 0u);
    const auto count_ends = [&] {
        std::size_t found = 0;
        for (const auto& record : host.lane.envelopes(calls::namespace_topic)) {
            const auto event = payload_of<event_type>(record);
            found += event.action() == event_type::ACTION_ENDED && event.previous_inode() == inode ? 1u : 0u;
        }
        return found;
    };
    held = descriptor(::open(("/proc/" + std::to_string(maker.pid()) + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC));
    ASSERT_TRUE(held);
    maker.end();
    // Another one, which nothing holds, ends meanwhile.
    const auto other = run({"unshare", "-n", "true"});
    const auto made = await_changes(other, 1);
    ASSERT_EQ(made.size(), 1u);
    ASSERT_TRUE(wait_for<event_type>(calls::namespace_topic, [&](std::uint32_t pid, const event_type& event) {
        return pid == 0 && event.action() == event_type::ACTION_ENDED && event.previous_inode() == made[0].after;
    }));
    EXPECT_EQ(count_ends(), 0u) << "an open file holds it";
    held = descriptor();
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (count_ends() == 0 && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(20ms);
    }
    EXPECT_EQ(count_ends(), 1u);
}

}  // namespace
}  // namespace sonde::ebpf::test
