// SPDX-License-Identifier: Apache-2.0
// What the collector tells of processes that a test makes.
#include "live_collector.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <thread>

#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sonde::ebpf {
namespace {

using ::testing::ElementsAre;

TEST_F(EbpfTest, exec_has_path_arguments_directory_and_ids) {
    launch();
    child one([] {
        if (::chdir("/sys/kernel") == 0 && ::setgid(4242) == 0 && ::setuid(4343) == 0) {
            ::execl("/bin/sleep", "sleep", "60", "", "a b", nullptr);
        }
    });
    const auto told = wait_event(one.pid(), kind::KIND_EXEC);
    ASSERT_TRUE(told);
    const auto event = payload_of(*told);
    const v1::Process& process = event.process();
    EXPECT_THAT(process.command_args(), ElementsAre("sleep", "60", "", "a b"));
    EXPECT_FALSE(process.command_args_truncated());
    EXPECT_EQ(process.exec_path(), "/bin/sleep");
    EXPECT_EQ(process.executable_path(), std::filesystem::canonical("/bin/sleep"));
    EXPECT_EQ(process.working_directory(), "/sys/kernel");
    EXPECT_EQ(process.name(), "sleep");
    EXPECT_EQ(process.parent_pid(), static_cast<std::uint32_t>(::getpid()));
    EXPECT_EQ(process.user_id(), 4343u);
    EXPECT_EQ(process.group_id(), 4242u);
    EXPECT_FALSE(process.is_container());
    struct stat own{};
    ASSERT_EQ(::stat("/proc/self/ns/net", &own), 0);
    EXPECT_EQ(process.network_namespace(), own.st_ino);
    ASSERT_EQ(::stat("/proc/self/ns/mnt", &own), 0);
    EXPECT_EQ(process.mount_namespace(), own.st_ino);
    ASSERT_EQ(::stat("/proc/self/ns/pid", &own), 0);
    EXPECT_EQ(process.pid_namespace(), own.st_ino);
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    EXPECT_LT(std::chrono::abs(now - std::chrono::nanoseconds(told->time)), 5s);
    EXPECT_LT(std::chrono::abs(now - std::chrono::nanoseconds(process.create_time_unix_nano())), 5s);
}

TEST_F(EbpfTest, a_script_is_told_beside_its_interpreter) {
    launch();
    std::array<char, 32> path{"/tmp/sonde_script_XXXXXX"};
    const int file = ::mkstemp(path.data());
    ASSERT_GE(file, 0);
    ASSERT_EQ(::write(file, "#!/bin/sh\nexit 3\n", 17), 17);
    ASSERT_EQ(::fchmod(file, 0700), 0);
    ::close(file);
    child one([&] { ::execl(path.data(), path.data(), nullptr); });
    const auto told = wait_event(one.pid(), kind::KIND_EXEC);
    ::unlink(path.data());
    ASSERT_TRUE(told);
    EXPECT_EQ(payload_of(*told).process().exec_path(), path.data());
    EXPECT_EQ(payload_of(*told).process().executable_path(), std::filesystem::canonical("/bin/sh"));
}

TEST_F(EbpfTest, long_command_lines_are_cut_and_say_so) {
    launch({{"command_args_limit", "64"}});
    const std::string large(1000, 'x');
    child one([&] { ::execl("/bin/true", "true", large.c_str(), nullptr); });
    const auto told = wait_event(one.pid(), kind::KIND_EXEC);
    ASSERT_TRUE(told);
    const auto event = payload_of(*told);
    EXPECT_TRUE(event.process().command_args_truncated());
    EXPECT_THAT(event.process().command_args(), ElementsAre("true", std::string(59, 'x')));
}

TEST_F(EbpfTest, exit_has_code_signal_and_use_of_the_processor) {
    launch();
    child ends([] { ::_exit(7); });
    const auto ended = wait_event(ends.pid(), kind::KIND_EXIT);
    ASSERT_TRUE(ended);
    EXPECT_EQ(payload_of(*ended).exit_code(), 7u);
    EXPECT_EQ(payload_of(*ended).exit_signal(), 0u);
    child killed([] { ::pause(); });
    child works([] {
        const auto until = std::chrono::steady_clock::now() + 60ms;
        while (std::chrono::steady_clock::now() < until) {
        }
        ::_exit(0);
    });
    ASSERT_EQ(::kill(static_cast<pid_t>(killed.pid()), SIGTERM), 0);
    const auto by_signal = wait_event(killed.pid(), kind::KIND_EXIT);
    ASSERT_TRUE(by_signal);
    EXPECT_EQ(payload_of(*by_signal).exit_signal(), static_cast<std::uint32_t>(SIGTERM));
    EXPECT_EQ(payload_of(*by_signal).exit_code(), 0u);
    const auto worked = wait_event(works.pid(), kind::KIND_EXIT);
    ASSERT_TRUE(worked);
    const auto event = payload_of(*worked);
    EXPECT_EQ(event.exit_code(), 0u);
    const double cpu = event.process().cpu_time_user() + event.process().cpu_time_system();
    EXPECT_GT(cpu, 0.01);
    EXPECT_LT(cpu, 1.0);
    EXPECT_GT(event.process().memory_rss_peak(), 0u);
}

TEST_F(EbpfTest, a_process_ends_once_however_many_threads_it_had) {
    launch();
    child one([] {
        for (int i = 0; i < 8; ++i) {
            std::thread([] { ::pause(); }).detach();
        }
        ::_exit(5);
    });
    const auto told = wait_event(one.pid(), kind::KIND_EXIT);
    ASSERT_TRUE(told);
    EXPECT_EQ(payload_of(*told).exit_code(), 5u);
    ASSERT_TRUE(driver.stop());
    std::size_t forks = 0;
    std::size_t exits = 0;
    for (const auto& record : host.lane.envelopes(process::process_topic)) {
        const auto what = record.pid == one.pid() ? payload_of(record).kind() : kind::KIND_UNSPECIFIED;
        forks += what == kind::KIND_FORK ? 1 : 0;
        exits += what == kind::KIND_EXIT ? 1 : 0;
    }
    EXPECT_EQ(forks, 1u);
    EXPECT_EQ(exits, 1u);
}

TEST_F(EbpfTest, processes_that_were_there_are_told_at_start) {
    child one([] { ::execl("/bin/sleep", "sleep", "60", nullptr); });
    // By /proc, since the collector is not there yet.
    const std::string link = "/proc/" + std::to_string(one.pid()) + "/exe";
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (std::filesystem::read_symlink(link) != std::filesystem::canonical("/bin/sleep")) {
        ASSERT_LT(std::chrono::steady_clock::now(), deadline);
        std::this_thread::sleep_for(5ms);
    }
    launch();
    const auto told = wait_event(one.pid(), kind::KIND_SAMPLE);
    ASSERT_TRUE(told);
    EXPECT_TRUE(told->snapshot);
    const auto event = payload_of(*told);
    EXPECT_THAT(event.process().command_args(), ElementsAre("sleep", "60"));
    EXPECT_EQ(event.process().executable_path(), std::filesystem::canonical("/bin/sleep"));
    EXPECT_EQ(event.process().working_directory(), std::filesystem::current_path());
    EXPECT_EQ(event.process().state(), "S");
    EXPECT_EQ(event.process().threads(), 1u);
    // The kernel's counters of a process lag behind by at most a batch per CPU and kind.
    std::ifstream statm("/proc/" + std::to_string(one.pid()) + "/statm");
    std::uint64_t total = 0;
    std::uint64_t resident = 0;
    ASSERT_TRUE(statm >> total >> resident);
    const auto page_size = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    EXPECT_EQ(event.process().memory_virtual(), total * page_size);
    EXPECT_NEAR(static_cast<double>(event.process().memory_rss()), static_cast<double>(resident * page_size),
                static_cast<double>(3 * 32 * page_size) * std::thread::hardware_concurrency());
}

TEST_F(EbpfTest, only_containers_are_told_when_asked_for) {
    launch({{"containers_only", "true"}});
    child outside([] { ::execl("/bin/true", "true", nullptr); });
    outside.wait();
    child inside([] {
        if (::unshare(CLONE_NEWPID) != 0) {
            return;
        }
        // The next child is the first process of the namespace.
        if (const pid_t first = ::fork(); first == 0) {
            ::execl("/bin/sleep", "sleep", "1", nullptr);
            ::_exit(1);
        } else {
            ::waitpid(first, nullptr, 0);
        }
    });
    const auto is_container = [](const testing::envelope_record& record) {
        const auto event = payload_of(record);
        return event.kind() == kind::KIND_EXEC && event.process().name() == "sleep";
    };
    const auto told = host.lane.wait_for(process::process_topic, is_container, patience);
    ASSERT_TRUE(told);
    EXPECT_TRUE(payload_of(*told).process().is_container());
    EXPECT_EQ(payload_of(*told).process().namespace_pid(), 1u);
    for (const auto& record : host.lane.envelopes(process::process_topic)) {
        const auto event = payload_of(record);
        EXPECT_TRUE(event.process().is_container() || event.kind() == kind::KIND_SNAPSHOT_END);
    }
}

TEST_F(EbpfTest, signals_have_receiver_and_sender) {
    launch({{"signals", "true"}});
    child one([] { ::pause(); });
    ASSERT_EQ(::kill(static_cast<pid_t>(one.pid()), SIGUSR1), 0);
    EXPECT_TRUE(host.lane.wait_for(
        process::signal_topic, [&](const auto& record) { return record.pid == one.pid(); }, patience));
}

}  // namespace
}  // namespace sonde::ebpf
