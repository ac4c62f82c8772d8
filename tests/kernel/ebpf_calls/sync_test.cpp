// SPDX-License-Identifier: Apache-2.0
// Waits for files, as a program of known habits causes them: each call is counted once, and a slow disk is seen.
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <thread>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>

#include <boost/json.hpp>

#include "bpf/support/descriptor.hpp"
#include "calls.hpp"
#include "sonde/v1/metric.pb.h"
#include "worker.hpp"

namespace sonde::ebpf::test {
namespace {

namespace fs = std::filesystem;
using bpf::descriptor;
using words = worker::words;

constexpr const char* chosen = "sonde_sync_one";

// What was told last of one process.
struct told_sums {
    std::map<std::string, v1::HistogramValue> calls;
    std::map<std::string, std::int64_t> bytes;
    std::map<std::string, std::int64_t> errors;

    [[nodiscard]] std::uint64_t count(const std::string& call) const {
        const auto found = calls.find(call);
        return found == calls.end() ? 0 : found->second.count();
    }
};

class SyncTest : public CallsTest {
protected:
    void SetUp() override {
        CallsTest::SetUp();
        std::string name = (fs::temp_directory_path() / "sonde_sync_XXXXXX").string();
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder = name;
    }
    void TearDown() override {
        std::error_code ignored;
        fs::remove_all(folder, ignored);
        CallsTest::TearDown();
    }
    void launch_sync() {
        if (!has_own_tracefs()) {
            GTEST_SKIP() << "no tracefs can be mounted here";
        }
        launch_with({{"sync_processes", chosen}, {"sync_interval", "1s"}});
        for (const char* hook : {"sync.fsync.begin", "sync.fsync.end", "sync.fdatasync.begin", "sync.fdatasync.end",
                                 "sync.write.begin", "sync.write.end", "sync.pwrite64.end", "sync.pwritev2.end"}) {
            ASSERT_TRUE(is_served(hook)) << *driver.ask("features");
        }
    }
    std::optional<told_sums> last_of(std::uint32_t pid) {
        std::optional<told_sums> last;
        for (const auto& record : host.lane.envelopes(sync::metric_topic)) {
            if (record.pid == pid) {
                last = read(payload_of<v1::MetricSet>(record));
            }
        }
        return last;
    }
    // As soon as so many calls have been told.
    told_sums await(std::uint32_t pid, const std::string& call, std::uint64_t count) {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        for (;;) {
            const auto last = last_of(pid);
            if ((last && last->count(call) >= count) || std::chrono::steady_clock::now() > deadline) {
                return last.value_or(told_sums{});
            }
            std::this_thread::sleep_for(20ms);
        }
    }

    fs::path folder;

private:
    static told_sums read(const v1::MetricSet& set) {
        told_sums made;
        for (const auto& metric : set.metrics()) {
            for (const auto& point : metric.points()) {
                const std::string call = point.attributes().at("file.operation.name");
                EXPECT_GT(point.start_time_unix_nano(), 0u);
                if (metric.name() == "process.file.operation.duration") {
                    made.calls[call] = point.histogram();
                } else if (metric.name() == "process.file.io") {
                    made.bytes[call] = point.int_value();
                } else if (metric.name() == "process.file.operation.errors") {
                    made.errors[call] = point.int_value();
                }
            }
        }
        return made;
    }
};
INSTANTIATE_TEST_SUITE_P(Rungs, SyncTest, ::testing::Values("", "fentry,fexit"),
                         [](const auto& of) { return *of.param == '\0' ? "best" : "tracepoints"; });

std::uint64_t sum_of(const v1::HistogramValue& of) {
    return std::accumulate(of.counts().begin(), of.counts().end(), std::uint64_t{0});
}

void name_process(const char* name) { ::prctl(PR_SET_NAME, name); }

// All calls that are measured, in numbers that can be told apart, and some that are not.
words work_on(const fs::path& file) {
    const descriptor to(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    const descriptor nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    std::array<int, 2> pipe{};
    bool is_good = to && nowhere && ::pipe2(pipe.data(), O_CLOEXEC) == 0;
    std::array<char, 4096> page{};
    const iovec parts[] = {{page.data(), 10}, {page.data(), 20}};
    const auto repeat = [&](int times, auto&& call, long wanted) {
        for (int i = 0; i < times; ++i) {
            is_good = call() == wanted && is_good;
        }
    };
    repeat(50, [&] { return ::fdatasync(to.number()); }, 0);
    repeat(20, [&] { return ::fsync(to.number()); }, 0);
    repeat(3, [&] { return ::fsync(-1); }, -1);
    repeat(30, [&] { return ::write(to.number(), page.data(), 100); }, 100);
    repeat(40, [&] { return ::write(pipe[1], page.data(), 100); }, 100);
    repeat(40, [&] { return ::write(nowhere.number(), page.data(), 100); }, 100);
    repeat(7, [&] { return ::pwrite(to.number(), page.data(), page.size(), 4096); }, 4096);
    repeat(4, [&] { return ::writev(to.number(), parts, 2); }, 30);
    repeat(5, [&] { return ::pwritev(to.number(), parts, 2, 0); }, 30);
    repeat(6, [&] { return ::pwritev2(to.number(), parts, 1, 0, RWF_DSYNC); }, 10);
    repeat(8, [&] { return ::sync_file_range(to.number(), 0, 4096, SYNC_FILE_RANGE_WRITE); }, 0);
    void* const mapped = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, to.number(), 0);
    is_good = mapped != MAP_FAILED && is_good;
    repeat(9, [&] { return ::msync(mapped, 4096, MS_SYNC); }, 0);
    return {is_good ? 1u : 0u};
}

TEST_P(SyncTest, each_call_of_a_chosen_process_is_counted_once) {
    ASSERT_NO_FATAL_FAILURE(launch_sync());
    const auto body = [this](const char* name) {
        return [this, name](int) {
            name_process(name);
            words said;
            // A thread goes by the name of its process.
            std::thread([&] {
                name_process("some thread");
                said = work_on(folder / name);
            }).join();
            return said;
        };
    };
    worker other(body("sonde_sync_two"));
    worker one(body(chosen));
    ASSERT_EQ(other.go(0).at(0), 1u);
    ASSERT_EQ(one.go(0).at(0), 1u);
    const auto told = await(one.pid(), "msync", 9);
    const std::map<std::string, std::uint64_t> wanted{{"fdatasync", 50}, {"fsync", 23},          {"write", 30},
                                                      {"pwrite64", 7},   {"writev", 4},          {"pwritev", 5},
                                                      {"pwritev2", 6},   {"sync_file_range", 8}, {"msync", 9}};
    ASSERT_EQ(told.calls.size(), wanted.size());
    for (const auto& [call, count] : wanted) {
        ASSERT_TRUE(told.calls.contains(call)) << call;
        const auto& histogram = told.calls.at(call);
        EXPECT_EQ(histogram.count(), count) << call;
        EXPECT_EQ(sum_of(histogram), count) << call;
        EXPECT_GT(histogram.sum(), 0.0) << call;
        EXPECT_EQ(told.errors.at(call), call == "fsync" ? 3 : 0) << call;
    }
    EXPECT_EQ(told.bytes,
              (std::map<std::string, std::int64_t>{
                  {"write", 3000}, {"pwrite64", 28672}, {"writev", 120}, {"pwritev", 150}, {"pwritev2", 60}}));
    EXPECT_FALSE(last_of(other.pid())) << "it was not chosen";
    EXPECT_EQ(host.metrics.value("ebpf.losses", {{"kind", "sync"}, {"reason", "map_full"}}), 0);
}

TEST_P(SyncTest, the_page_shows_them_until_the_process_is_gone) {
    ASSERT_NO_FATAL_FAILURE(launch_sync());
    worker one([this](int) {
        name_process(chosen);
        return work_on(folder / "file");
    });
    ASSERT_EQ(one.go(0).at(0), 1u);
    static_cast<void>(await(one.pid(), "msync", 9));
    const auto shown = [&]() -> boost::json::array {
        return boost::json::parse(*driver.ask("check")).at("sync").as_array();
    };
    const auto now = shown();
    ASSERT_EQ(now.size(), 1u);
    EXPECT_EQ(now[0].at("pid").to_number<std::uint32_t>(), one.pid());
    EXPECT_EQ(now[0].at("name").as_string(), chosen);
    EXPECT_EQ(now[0].at("operations").at("fdatasync").at("calls").to_number<int>(), 50);
    one.end();
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!shown().empty() && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(20ms);
    }
    EXPECT_TRUE(shown().empty());
}

// A cgroup whose writes to one disk are few; without a path if there is none to be made.
class slow_disk final {
public:
    explicit slow_disk(const fs::path& where) {
        struct stat about{};
        const fs::path root = "/sys/fs/cgroup/blkio";
        if (::stat(where.c_str(), &about) != 0 || !fs::exists(root / "blkio.throttle.write_iops_device")) {
            return;
        }
        std::error_code problem;
        const std::string disk = whole_disk(about.st_dev);
        const fs::path made = root / ("sonde_sync_test_" + std::to_string(::getpid()));
        if (disk.empty() || !fs::create_directory(made, problem)) {
            return;
        }
        path_ = made;
        if (!(std::ofstream(made / "blkio.throttle.write_iops_device") << disk << " 20" << std::flush)) {
            fs::remove(made, problem);
            path_.clear();
        }
    }
    slow_disk(const slow_disk&) = delete;
    slow_disk& operator=(const slow_disk&) = delete;
    ~slow_disk() {
        std::error_code ignored;
        fs::remove(path_, ignored);
    }
    [[nodiscard]] const fs::path& path() const { return path_; }

private:
    // "major:minor" of the disk that a partition is a part of.
    static std::string whole_disk(dev_t of) {
        const fs::path device =
            "/sys/dev/block/" + std::to_string(::gnu_dev_major(of)) + ":" + std::to_string(::gnu_dev_minor(of));
        std::error_code problem;
        const fs::path real = fs::canonical(device, problem);
        std::string name;
        std::ifstream((fs::exists(real / "partition") ? real.parent_path() : real) / "dev") >> name;
        return name;
    }

    fs::path path_;
};

std::size_t median_bucket(const v1::HistogramValue& now, const v1::HistogramValue& before) {
    const std::uint64_t half = (sum_of(now) - sum_of(before)) / 2;
    std::uint64_t seen = 0;
    for (int i = 0; i < now.counts_size(); ++i) {
        seen += now.counts(i) - (i < before.counts_size() ? before.counts(i) : 0);
        if (seen > half) {
            return static_cast<std::size_t>(i);
        }
    }
    return 0;
}

TEST_P(SyncTest, a_slow_disk_is_seen_in_the_upper_buckets) {
    const slow_disk slow(folder);
    if (slow.path().empty()) {
        GTEST_SKIP() << "no disk can be slowed down here: needs the blkio controller of cgroup v1 and a real disk";
    }
    constexpr int calls = 12;
    ASSERT_NO_FATAL_FAILURE(launch_sync());
    worker one([&](int step) -> words {
        name_process(chosen);
        if (step == 1) {
            std::ofstream(slow.path() / "cgroup.procs") << ::getpid() << std::flush;
        }
        const descriptor to(::open((folder / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
        const std::string text(4096, 'x');
        bool is_good = static_cast<bool>(to);
        for (int i = 0; i < calls; ++i) {
            is_good =
                ::write(to.number(), text.data(), text.size()) == 4096 && ::fdatasync(to.number()) == 0 && is_good;
        }
        return {is_good ? 1u : 0u};
    });
    ASSERT_EQ(one.go(0).at(0), 1u);
    const auto fast = await(one.pid(), "fdatasync", calls);
    ASSERT_EQ(fast.count("fdatasync"), static_cast<std::uint64_t>(calls));
    ASSERT_EQ(one.go(1).at(0), 1u);
    const auto both = await(one.pid(), "fdatasync", 2 * calls);
    one.end();
    ASSERT_EQ(both.count("fdatasync"), static_cast<std::uint64_t>(2 * calls));
    const auto& before = fast.calls.at("fdatasync");
    const auto& after = both.calls.at("fdatasync");
    EXPECT_GT(median_bucket(after, before), median_bucket(before, {}) + 1);
    // Two writes a call at 20 a second.
    EXPECT_GT(after.sum() - before.sum(), calls * 0.05);
    EXPECT_GT(after.sum() - before.sum(), 2 * before.sum());
}

}  // namespace
}  // namespace sonde::ebpf::test
