// SPDX-License-Identifier: Apache-2.0
// What the kernel's task iterator says of the use of processor, memory and files, against /proc.
#include "ebpf/process/process_family.hpp"
#include "live_collector.hpp"

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace sonde::ebpf {
namespace {

struct proc_stat {
    double cpu_seconds = 0;
    std::uint32_t threads = 0;
    std::uint64_t rss = 0;
    std::uint32_t session = 0;
};

std::optional<proc_stat> stat_of(std::uint32_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    if (!std::getline(file, text, '\0')) {
        return std::nullopt;
    }
    std::istringstream rest(text.substr(text.rfind(')') + 2));
    std::vector<std::string> words{std::istream_iterator<std::string>(rest), {}};
    const auto ticks = static_cast<double>(std::stoull(words[11]) + std::stoull(words[12]));
    return proc_stat{ticks / static_cast<double>(::sysconf(_SC_CLK_TCK)),
                     static_cast<std::uint32_t>(std::stoul(words[17])),
                     std::stoull(words[21]) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)),
                     static_cast<std::uint32_t>(std::stoul(words[3]))};
}

// Three threads that work and one that has ended; told to rest, they stand still, so that both sides see the same.
class busy_process {
public:
    busy_process() {
        std::array<int, 2> ready{};
        std::array<int, 2> rest{};
        EXPECT_EQ(::pipe2(ready.data(), O_CLOEXEC) | ::pipe2(rest.data(), O_CLOEXEC), 0);
        made_.emplace([&] { work(ready[1], rest[0]); });
        ready_ = ready[0];
        rest_ = rest[1];
        ::close(ready[1]);
        ::close(rest[0]);
    }
    busy_process(const busy_process&) = delete;
    busy_process& operator=(const busy_process&) = delete;
    ~busy_process() {
        made_.reset();
        ::close(ready_);
        ::close(rest_);
    }
    [[nodiscard]] std::uint32_t pid() const { return made_->pid(); }
    // Waits until they have worked enough and sleep.
    void rest() const {
        char byte = 0;
        EXPECT_EQ(::write(rest_, "x", 1), 1);
        EXPECT_EQ(::read(ready_, &byte, 1), 1);
    }

private:
    static void burn(std::chrono::milliseconds amount) {
        timespec now{};
        do {
            ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        } while (std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec) < amount);
    }
    static void work(int ready, int rest) {
        std::thread([] { burn(150ms); }).join();
        std::atomic<int> resting = 0;
        std::vector<std::thread> workers;
        for (int i = 0; i < 3; ++i) {
            workers.emplace_back([&resting, i] {
                burn(100ms + 70ms * i);
                ++resting;
                ::pause();
            });
        }
        burn(50ms);
        char byte = 0;
        static_cast<void>(::read(rest, &byte, 1) == 1);
        while (resting != 3) {
            std::this_thread::yield();
        }
        // The last of them is on its way into pause(): its final microseconds are far below a tick.
        static_cast<void>(::write(ready, "x", 1) == 1);
        ::pause();
        for (auto& each : workers) {
            each.join();
        }
    }

    std::optional<child> made_;
    int ready_ = -1;
    int rest_ = -1;
};

double cpu_of(const v1::Process& process) { return process.cpu_time_user() + process.cpu_time_system(); }

class UsageTest : public EbpfTest {
protected:
    // The samples of the next snapshot that is whole and told after this call, by pid.
    std::map<std::uint32_t, kind> snapshot(bool is_usage_only) {
        host.lane.release();
        const auto is_end = [](const kind& told) { return told.kind() == kind::KIND_SNAPSHOT_END; };
        // The first one that ends may have begun before.
        const auto begun = host.lane.wait_for(
            process::process_topic, [&](const auto& record) { return is_end(payload_of(record)); }, patience);
        EXPECT_TRUE(begun);
        const auto before = begun ? payload_of(*begun).snapshot_number() : 0;
        const auto end = host.lane.wait_for(
            process::process_topic,
            [&](const testing::envelope_record& record) {
                const kind told = payload_of(record);
                return is_end(told) && told.snapshot_number() > before &&
                       told.snapshot_end().is_usage_only() == is_usage_only;
            },
            patience);
        EXPECT_TRUE(end);
        std::map<std::uint32_t, kind> found;
        if (!end) {
            return found;
        }
        const kind mark = payload_of(*end);
        for (const auto& record : host.lane.envelopes(process::process_topic)) {
            kind told = payload_of(record);
            if (told.kind() == kind::KIND_SAMPLE && told.snapshot_number() == mark.snapshot_number()) {
                EXPECT_TRUE(record.snapshot);
                EXPECT_EQ(told.usage_only(), is_usage_only);
                EXPECT_TRUE(found.emplace(told.process().pid(), told).second) << "each process once";
            }
        }
        EXPECT_EQ(mark.snapshot_end().processes(), found.size()) << "the mark says how many there are";
        EXPECT_TRUE(mark.snapshot_end().is_watched()) << "ends are told";
        return found;
    }
};

TEST_F(UsageTest, processor_time_of_a_process_with_threads_is_that_of_proc_within_a_tick) {
    const busy_process busy;
    busy.rest();
    launch({{"snapshot_interval", "100ms"}});
    for (const bool is_usage_only : {false, true}) {
        const auto told = snapshot(is_usage_only);
        const auto truth = stat_of(busy.pid());
        ASSERT_TRUE(truth && told.contains(busy.pid()));
        const v1::Process& process = told.at(busy.pid()).process();
        EXPECT_EQ(process.threads(), 4u);
        EXPECT_GT(cpu_of(process), 0.5) << "threads, the ended one and the first together";
        // /proc cuts each of the two parts to a tick.
        EXPECT_NEAR(cpu_of(process), truth->cpu_seconds, 2.0 / static_cast<double>(::sysconf(_SC_CLK_TCK)));
    }
}

TEST_F(UsageTest, all_processes_agree_with_proc) {
    const busy_process busy;
    busy.rest();
    launch({{"snapshot_interval", "100ms"}});
    for (const bool is_usage_only : {false, true}) {
        std::map<std::uint32_t, proc_stat> before;
        for (std::uint32_t pid = 1; pid < 65536; ++pid) {
            if (const auto found = stat_of(pid)) {
                before.emplace(pid, *found);
            }
        }
        const auto told = snapshot(is_usage_only);
        std::size_t compared = 0;
        double told_sum = 0;
        double least = 0;
        double most = 0;
        for (const auto& [pid, first] : before) {
            const auto second = stat_of(pid);
            if (!second || !told.contains(pid)) {
                continue;
            }
            const v1::Process& process = told.at(pid).process();
            const double tick = 2.0 / static_cast<double>(::sysconf(_SC_CLK_TCK));
            if (first.threads == second->threads) {
                EXPECT_GE(cpu_of(process), first.cpu_seconds - tick) << pid << ' ' << process.name();
                EXPECT_LE(cpu_of(process), second->cpu_seconds + tick) << pid << ' ' << process.name();
                EXPECT_EQ(process.session_id(), first.session) << pid << ' ' << process.name();
                told_sum += cpu_of(process);
                least += first.cpu_seconds;
                most += second->cpu_seconds;
            }
            ++compared;
        }
        EXPECT_GT(compared, 5u);
        EXPECT_GE(told_sum, least - 1e-9) << "/proc cuts, the kernel's own sum does not";
        EXPECT_LE(told_sum, most + static_cast<double>(2 * compared) / static_cast<double>(::sysconf(_SC_CLK_TCK)));
    }
}

TEST_F(UsageTest, open_files_and_memory_are_those_of_the_process) {
    std::vector<int> held;
    for (int i = 0; i < 300; ++i) {
        held.push_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        ASSERT_GE(held.back(), 0);
    }
    const child sleeper([] { ::pause(); });
    launch({{"snapshot_interval", "100ms"}});
    const auto told = snapshot(true);
    std::size_t files = 0;
    for ([[maybe_unused]] const auto& each :
         std::filesystem::directory_iterator("/proc/" + std::to_string(sleeper.pid()) + "/fd")) {
        ++files;
    }
    for (const int each : held) {
        ::close(each);
    }
    ASSERT_TRUE(told.contains(sleeper.pid()));
    const v1::Process& process = told.at(sleeper.pid()).process();
    EXPECT_GT(files, 300u);
    EXPECT_EQ(process.open_files(), files);
    EXPECT_EQ(process.parent_pid(), static_cast<std::uint32_t>(::getpid()));
    const auto truth = stat_of(sleeper.pid());
    ASSERT_TRUE(truth);
    const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
    EXPECT_NEAR(static_cast<double>(process.memory_rss()), static_cast<double>(truth->rss), 200 * page);
}

TEST_F(UsageTest, a_stop_says_that_nothing_more_will_be_told) {
    launch({{"snapshot_interval", "100ms"}});
    static_cast<void>(snapshot(false));
    ASSERT_TRUE(driver.stop());
    const auto all = host.lane.envelopes(process::process_topic);
    ASSERT_FALSE(all.empty());
    EXPECT_EQ(payload_of(all.back()).kind(), kind::KIND_SOURCE_END);
}

TEST_F(UsageTest, one_snapshot_in_eight_tells_everything_again) {
    launch({{"snapshot_interval", "50ms"}});
    const auto first = snapshot(false);
    const auto again = snapshot(false);
    const auto self = static_cast<std::uint32_t>(::getpid());
    ASSERT_TRUE(first.contains(self) && again.contains(self));
    const auto apart = again.at(self).snapshot_number() - first.at(self).snapshot_number();
    EXPECT_GT(apart, 0u);
    EXPECT_EQ(apart % process::process_family::full_every, 0u);
    EXPECT_FALSE(again.at(self).process().command_args().empty());
    EXPECT_EQ(again.at(self).process().create_time_unix_nano(), first.at(self).process().create_time_unix_nano());
}

}  // namespace
}  // namespace sonde::ebpf
