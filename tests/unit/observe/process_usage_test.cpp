// SPDX-License-Identifier: Apache-2.0
#include "observe/process_usage.hpp"

#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "support/fd.hpp"

namespace sonde::observe {
namespace {

using namespace std::chrono_literals;

// Works until it goes. (g++ 12 calls the stop token of a std::jthread uninitialised when optimising.)
class spinning_thread {
public:
    ~spinning_thread() {
        stopping_ = true;
        thread_.join();
    }
    [[nodiscard]] pthread_t handle() { return thread_.native_handle(); }

private:
    std::atomic<bool> stopping_ = false;
    std::thread thread_{[this] {
        while (!stopping_) {
        }
    }};
};

TEST(ProcessUsage, sees_one_more_file_and_one_more_thread) {
    const auto before = read_process_usage();
    ASSERT_TRUE(before) << before.error().message();
    EXPECT_GT(before->resident_bytes, 100'000U);
    const support::unique_fd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    spinning_thread other;
    const auto after = read_process_usage();
    ASSERT_TRUE(after);
    EXPECT_EQ(after->open_fds, before->open_fds + 1);
    EXPECT_GE(after->threads, before->threads + 1);
    EXPECT_GE(after->cpu_time, before->cpu_time);
}

TEST(ThreadClock, advances_with_the_work_of_its_thread_only) {
    spinning_thread busy;
    const auto clock = thread_clock::of(busy.handle());
    const auto mine = thread_clock::of(::pthread_self());
    ASSERT_TRUE(clock);
    ASSERT_TRUE(mine);
    while (clock->read().value() < 20ms) {
        std::this_thread::sleep_for(1ms);
    }
    EXPECT_LT(mine->read().value(), read_process_usage()->cpu_time);
}

}  // namespace
}  // namespace sonde::observe
