// SPDX-License-Identifier: Apache-2.0
#include "process/collector.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <sstream>

#include <fcntl.h>

#include "live_collector.hpp"

namespace sonde::process {
namespace {

TEST_F(CollectorTest, a_new_process_is_seen_at_once_with_the_time_it_began) {
    launch();
    SONDE_SKIP_WITHOUT_CONNECTOR();
    const std::int64_t before = wall_now();
    const child sleeper(become_sleep);
    const auto forked = wait_event(sleeper.pid(), kind::KIND_FORK);
    const std::int64_t after = wall_now();
    ASSERT_TRUE(forked);
    EXPECT_LT(after - before, 1'000'000'000);  // seen in under a second
    EXPECT_GE(forked->time, before - 10'000'000);
    EXPECT_LE(forked->time, after + 10'000'000);
    EXPECT_EQ(forked->clock, 1u);
    const auto executed = wait_event(sleeper.pid(), kind::KIND_EXEC);
    ASSERT_TRUE(executed);
    const auto told = payload_of(*executed);
    EXPECT_EQ(told.process().name(), "sleep");
    EXPECT_EQ(told.process().parent_pid(), static_cast<std::uint32_t>(::getpid()));
    EXPECT_EQ(told.process().original_parent_pid(), static_cast<std::uint32_t>(::getpid()));
    EXPECT_THAT(told.process().command_args(), ::testing::ElementsAre("/bin/sleep", "60"));
    EXPECT_EQ(told.process().user_id(), ::geteuid());
    // The start is cut to a clock tick of 10 ms.
    EXPECT_NEAR(static_cast<double>(told.process().create_time_unix_nano()), static_cast<double>(forked->time), 2e7);
}

TEST_F(CollectorTest, exit_code_and_signal_are_those_of_wait) {
    launch();
    SONDE_SKIP_WITHOUT_CONNECTOR();
    child leaves([] { ::_exit(42); });
    child dies([] { ::raise(SIGTERM); });
    const auto first = wait_event(leaves.pid(), kind::KIND_EXIT);
    const auto second = wait_event(dies.pid(), kind::KIND_EXIT);
    ASSERT_TRUE(first && second);
    const int left_status = leaves.wait();
    const int died_status = dies.wait();
    EXPECT_EQ(payload_of(*first).exit_code(), static_cast<std::uint32_t>(WEXITSTATUS(left_status)));
    EXPECT_EQ(payload_of(*first).exit_signal(), 0u);
    EXPECT_EQ(payload_of(*second).exit_signal(), static_cast<std::uint32_t>(WTERMSIG(died_status)));
    EXPECT_EQ(payload_of(*second).process().parent_pid(), static_cast<std::uint32_t>(::getpid()));
    EXPECT_NE(payload_of(*second).process().create_time_unix_nano(), 0u);
}

TEST_F(CollectorTest, renaming_and_user_changes_are_told) {
    launch();
    SONDE_SKIP_WITHOUT_CONNECTOR();
    const child changer([] {
        ::prctl(PR_SET_NAME, "a (new) name");
        if (::geteuid() == 0) {
            static_cast<void>(::setresgid(65534, 65534, 65534) == 0);
            static_cast<void>(::setresuid(65534, 65534, 65534) == 0);
        }
        ::pause();
    });
    const auto renamed = wait_event(changer.pid(), kind::KIND_COMM);
    ASSERT_TRUE(renamed);
    EXPECT_EQ(payload_of(*renamed).process().name(), "a (new) name");
    if (::geteuid() != 0) {
        GTEST_SKIP() << "only root can become somebody else";
    }
    const auto user = wait_event(changer.pid(), kind::KIND_UID);
    const auto group = wait_event(changer.pid(), kind::KIND_GID);
    ASSERT_TRUE(user && group);
    EXPECT_EQ(payload_of(*user).effective_id(), 65534u);
    EXPECT_EQ(payload_of(*group).real_id(), 65534u);
}

// What ps says about one process; columns without headers, split at blanks.
std::vector<std::string> ask_ps(std::uint32_t pid, const std::string& columns) {
    const std::string command = "ps -o " + columns + " --no-headers -p " + std::to_string(pid);
    FILE* const from = ::popen(command.c_str(), "r");
    std::string text;
    std::array<char, 512> part{};
    while (from != nullptr && std::fgets(part.data(), part.size(), from) != nullptr) {
        text.append(part.data());
    }
    ::pclose(from);
    std::istringstream in(text);
    return {std::istream_iterator<std::string>(in), std::istream_iterator<std::string>()};
}

TEST_F(CollectorTest, fields_agree_with_ps) {
    std::array<int, 2> ready{};
    ASSERT_EQ(::pipe2(ready.data(), O_CLOEXEC), 0);
    const child odd([&] {
        ::prctl(PR_SET_NAME, "a) R (b\nc d");
        const std::vector<char> memory(5'000'000, 'x');
        static_cast<void>(::write(ready[1], "x", 1) == 1);
        ::pause();
        static_cast<void>(memory.back());
    });
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    ::close(ready[0]);
    ::close(ready[1]);
    launch();
    const auto sample = wait_sample(odd.pid());
    ASSERT_TRUE(sample);
    const auto process = payload_of(*sample).process();
    EXPECT_EQ(process.name(), "a) R (b\nc d");
    const auto columns = ask_ps(odd.pid(), "ppid,state,nlwp,vsz,rss,euid,egid,sid,etimes");
    if (columns.size() != 9) {
        GTEST_SKIP() << "ps is not installed";
    }
    EXPECT_EQ(std::to_string(process.parent_pid()), columns[0]);
    EXPECT_EQ(process.state(), columns[1]);
    EXPECT_EQ(std::to_string(process.threads()), columns[2]);
    EXPECT_EQ(std::to_string(process.memory_virtual() / 1024), columns[3]);
    // The kernel batches resident pages per CPU.
    EXPECT_NEAR(static_cast<double>(process.memory_rss()) / 1024, std::stod(columns[4]), 1024);
    EXPECT_EQ(std::to_string(process.user_id()), columns[5]);
    EXPECT_EQ(std::to_string(process.group_id()), columns[6]);
    EXPECT_EQ(std::to_string(process.session_id()), columns[7]);
    const double age = (static_cast<double>(wall_now()) - static_cast<double>(process.create_time_unix_nano())) / 1e9;
    EXPECT_NEAR(age, std::stod(columns[8]), 2);
    const auto files = std::filesystem::directory_iterator("/proc/" + std::to_string(odd.pid()) + "/fd");
    EXPECT_EQ(process.open_files(), static_cast<std::uint32_t>(std::distance(begin(files), end(files))));
}

// Burns CPU for half of the time, by its own CPU clock, until it is killed.
[[noreturn]] void half_busy() {
    const auto read = [](clockid_t id) {
        timespec now{};
        ::clock_gettime(id, &now);
        return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
    };
    const auto began = read(CLOCK_MONOTONIC);
    for (;;) {
        while (read(CLOCK_PROCESS_CPUTIME_ID) < (read(CLOCK_MONOTONIC) - began) / 2) {
        }
        const timespec pause{0, 5'000'000};
        ::nanosleep(&pause, nullptr);
    }
}

TEST_F(CollectorTest, cpu_percent_is_what_the_process_really_used) {
    const child busy([] { half_busy(); });
    clockid_t cpu_clock{};
    ASSERT_EQ(::clock_getcpuclockid(static_cast<pid_t>(busy.pid()), &cpu_clock), 0);
    const auto used = [&] {
        timespec now{};
        ::clock_gettime(cpu_clock, &now);
        return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
    };
    const auto now = [] { return static_cast<double>(wall_now()) / 1e9; };
    launch({{"scan_interval", "0s"}});
    ASSERT_TRUE(wait_sample(busy.pid()));
    const double first_used = used();
    const double first_time = now();
    // The window is real time, longer than a tick by far; a subscriber makes the collector look again when the test
    // wants.
    ASSERT_TRUE(host.lane.wait_for(sample_topic, [](const auto&) { return false; }, 2s) == std::nullopt);
    host.lane.release();
    driver.control.announce_subscriber();
    const auto second = wait_sample(busy.pid());
    ASSERT_TRUE(second);
    const double truth = 100 * (used() - first_used) / (now() - first_time);
    // On a busy machine the collector's window and the test's begin and end some milliseconds apart.
    EXPECT_NEAR(payload_of(*second).process().cpu_percent(), truth, 5.0);
    RecordProperty("truth", std::to_string(truth));
}

TEST_F(CollectorTest, the_tree_survives_re_parenting) {
    launch();
    SONDE_SKIP_WITHOUT_CONNECTOR();
    // This process adopts the orphans of its descendants.
    ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    std::array<int, 2> channel{};
    ASSERT_EQ(::pipe2(channel.data(), O_CLOEXEC), 0);
    child parent([&] {
        const pid_t orphan = ::fork();
        if (orphan == 0) {
            ::alarm(60);
            ::pause();
        }
        static_cast<void>(::write(channel[1], &orphan, sizeof orphan) == sizeof orphan);
        ::_exit(0);
    });
    pid_t orphan = 0;
    ASSERT_EQ(::read(channel[0], &orphan, sizeof orphan), static_cast<ssize_t>(sizeof orphan));
    const std::uint32_t first_parent = parent.pid();
    parent.wait();
    ASSERT_TRUE(wait_event(first_parent, kind::KIND_EXIT));
    const auto tree = driver.ask("tree", {{"pid", std::to_string(orphan)}});
    ASSERT_TRUE(tree);
    EXPECT_THAT(*tree, ::testing::HasSubstr("\"parent_pid\":" + std::to_string(::getpid()) +
                                            ",\"original_parent_pid\":" + std::to_string(first_parent)));
    ::kill(orphan, SIGKILL);
    ::waitpid(orphan, nullptr, 0);
    ::prctl(PR_SET_CHILD_SUBREAPER, 0);
    ::close(channel[0]);
    ::close(channel[1]);
}

TEST_F(CollectorTest, an_overrun_socket_is_counted_and_answered_by_a_scan) {
    launch({{"receive_buffer", "2KiB"}});
    SONDE_SKIP_WITHOUT_CONNECTOR();
    // Its first sample can only come from the scan that answers the loss: the next regular one is far away.
    const child sleeper(become_sleep);
    // A forked process is two messages at least; the smallest buffer holds few of them.
    for (int round = 0; round < 500 && host.metrics.value("process.events.lost") == 0; ++round) {
        std::array<pid_t, 10> burst{};
        for (pid_t& pid : burst) {
            pid = ::fork();
            if (pid == 0) {
                ::_exit(0);
            }
        }
        for (const pid_t pid : burst) {
            ::waitpid(pid, nullptr, 0);
        }
    }
    ASSERT_TRUE(wait_sample(sleeper.pid()));
    ASSERT_TRUE(driver.stop());
    EXPECT_GE(host.metrics.value("process.resyncs"), 1);
    EXPECT_GE(host.metrics.value("process.socket.overruns"), 1);
    EXPECT_GE(host.lane.dropped(event_topic, drop_reason::kernel_ring_full), 1u);
    EXPECT_EQ(static_cast<std::int64_t>(host.lane.dropped(event_topic, drop_reason::kernel_ring_full)),
              host.metrics.value("process.events.lost"));
}

TEST_F(CollectorTest, stop_ends_soon_and_leaves_no_descriptor) {
    const std::size_t before = open_descriptors();
    {
        testing::fake_host own;
        own.clock.follow_real_time();
        testing::collector_driver short_lived(own, collector_table);
        ASSERT_TRUE(short_lived.launch());
        ASSERT_TRUE(own.lane.wait_for(sample_topic, [](const auto&) { return true; }, patience));
        const auto asked = std::chrono::steady_clock::now();
        ASSERT_TRUE(short_lived.stop());
        EXPECT_LT(std::chrono::steady_clock::now() - asked, 1s);
        const auto events = own.lane.envelopes(event_topic).size();
        {
            child late([] { ::_exit(0); });
        }
        EXPECT_EQ(own.lane.envelopes(event_topic).size(), events);
        ASSERT_TRUE(short_lived.stop());  // twice is legal
    }
    EXPECT_EQ(open_descriptors(), before);
}

TEST_F(CollectorTest, its_first_scan_is_a_snapshot_for_those_who_listen_already) {
    launch({{"scan_interval", "0s"}});
    const auto mark = wait_mark();
    ASSERT_TRUE(mark);
    EXPECT_EQ(payload_of(*mark).snapshot_number(), 1u);
    EXPECT_TRUE(payload_of(*mark).snapshot_end().is_watched());
    EXPECT_EQ(host.metrics.value("process.scans"), 1);
}

TEST_F(CollectorTest, a_late_subscriber_gets_a_snapshot) {
    launch({{"scan_interval", "0s"}});
    ASSERT_TRUE(wait_mark()) << "of the first scan";
    host.lane.release();
    driver.control.announce_subscriber();
    const auto sample = wait_sample(static_cast<std::uint32_t>(::getpid()));
    ASSERT_TRUE(sample);
    EXPECT_TRUE(sample->snapshot);
    const auto mark = wait_mark();
    ASSERT_TRUE(mark);
    EXPECT_EQ(payload_of(*mark).snapshot_number(), payload_of(*sample).snapshot_number());
    EXPECT_TRUE(payload_of(*mark).snapshot_end().is_watched());
    const auto is_of_it = [&](const auto& record) {
        const kind told = payload_of(record);
        return told.kind() == kind::KIND_SAMPLE && told.snapshot_number() == payload_of(*mark).snapshot_number();
    };
    EXPECT_EQ(std::ranges::count_if(host.lane.envelopes(sample_topic), is_of_it),
              payload_of(*mark).snapshot_end().processes());
}

TEST_F(CollectorTest, its_end_is_the_last_that_it_tells) {
    launch({{"scan_interval", "0s"}});
    ASSERT_TRUE(driver.stop());
    const auto told = payloads_of(host.lane.envelopes(sample_topic));
    ASSERT_FALSE(told.empty());
    EXPECT_EQ(told.back().kind(), kind::KIND_SOURCE_END);
}

TEST_F(CollectorTest, polling_tells_events_and_that_it_is_polling) {
    launch({{"events", "poll"}, {"poll_interval", "100ms"}});
    child sleeper(become_sleep);
    const std::uint32_t pid = sleeper.pid();
    const auto executed = wait_event(pid, kind::KIND_EXEC);
    ASSERT_TRUE(executed);
    EXPECT_EQ(executed->clock, 2u);
    EXPECT_EQ(payload_of(*executed).process().name(), "sleep");
    ::kill(static_cast<pid_t>(pid), SIGKILL);
    sleeper.wait();
    const auto gone = wait_event(pid, kind::KIND_EXIT);
    ASSERT_TRUE(gone);
    EXPECT_FALSE(payload_of(*gone).has_exit_code());
    EXPECT_EQ(host.metrics.value("process.polling"), 1);
    EXPECT_EQ(host.reports.all().back().health, health::ok);  // asked for, not a fallback
}

TEST_F(CollectorTest, events_can_be_left_out) {
    launch({{"events", "off"}, {"scan_interval", "100ms"}, {"samples", "all"}});
    const child sleeper(become_sleep);
    ASSERT_TRUE(wait_sample(sleeper.pid()));
    EXPECT_TRUE(host.lane.envelopes(event_topic).empty());
}

TEST_F(CollectorTest, intervals_change_while_it_runs) {
    launch({{"events", "off"}, {"scan_interval", "1h"}, {"samples", "all"}});
    host.lane.release();
    ASSERT_TRUE(driver.configure({{"events", "off"}, {"scan_interval", "50ms"}, {"samples", "all"}}));
    EXPECT_TRUE(wait_sample(static_cast<std::uint32_t>(::getpid())));
}

TEST_F(CollectorTest, endpoints_answer_while_it_works) {
    launch({{"events", "poll"}, {"poll_interval", "100ms"}});
    const std::string self = std::to_string(::getpid());
    const auto list = driver.ask("processes", {{"sort", "memory"}, {"limit", "3"}});
    ASSERT_TRUE(list);
    EXPECT_THAT(*list, ::testing::StartsWith("{\"count\":"));
    for (int i = 0; i < 20; ++i) {
        const auto tree = driver.ask("tree", {{"pid", self}});
        ASSERT_TRUE(tree);
        EXPECT_THAT(*tree, ::testing::StartsWith("{\"processes\":[{\"pid\":" + self + ","));
    }
    const auto code = [&](const char* endpoint, const testing::option_texts& parameters) {
        const auto answer = driver.ask(endpoint, parameters);
        return answer ? std::string("answered") : answer.error().where;
    };
    EXPECT_EQ(code("processes", {{"sort", "name"}}), "sort");
    EXPECT_EQ(code("processes", {{"limit", "-1"}}), "limit");
    EXPECT_EQ(code("tree", {{"pid", "x"}}), "pid");
    EXPECT_EQ(code("tree", {{"pid", "4294967295"}}), "pid");
    EXPECT_EQ(code("processes", {}), "answered");
}

TEST_F(CollectorTest, a_missing_proc_root_fails_at_start_and_names_it) {
    const auto launched = driver.launch({{"proc_root", "/nonexistent/proc"}});
    ASSERT_FALSE(launched);
    EXPECT_EQ(launched.error().where, "/nonexistent/proc");
}

}  // namespace
}  // namespace sonde::process
