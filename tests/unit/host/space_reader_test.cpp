// SPDX-License-Identifier: Apache-2.0
#include "host/space_reader.hpp"

#include <atomic>
#include <latch>

#include <gtest/gtest.h>

namespace sonde::host_metrics {
namespace {

using namespace std::chrono_literals;

// Answers at once, but for paths below /hung not before it is released.
struct slow_kernel {
    std::shared_ptr<std::latch> released = std::make_shared<std::latch>(1);
    std::shared_ptr<std::atomic<int>> answered = std::make_shared<std::atomic<int>>(0);

    result<space> operator()(const std::string& path) const {
        if (path.starts_with("/hung")) {
            released->wait();
        }
        answered->fetch_add(1);
        return space{.total = path.size(), .free = 1, .available = 1};
    }
};

TEST(SpaceReader, tells_what_the_kernel_says) {
    space_reader reader;
    const auto root = reader.read("/", 5s);
    ASSERT_TRUE(root);
    EXPECT_GT(root->total, 0u);
    EXPECT_LE(root->free, root->total);
    EXPECT_LE(root->available, root->free);
    const auto none = reader.read("/there/is/none", 5s);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().where, "/there/is/none");
}

TEST(SpaceReader, one_that_hangs_is_given_up_and_the_others_still_answer) {
    const slow_kernel kernel;
    space_reader reader(kernel);
    const auto hung = reader.read("/hung", 5ms);
    ASSERT_FALSE(hung);
    EXPECT_EQ(hung.error().code, errc::timeout);
    const auto other = reader.read("/fine", 5s);
    ASSERT_TRUE(other);
    EXPECT_EQ(other->total, 5u);
    EXPECT_EQ(reader.stuck(), 1u);

    // It is not asked a second time while the first one hangs.
    const auto again = reader.read("/hung", 1h);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, errc::timeout);
    EXPECT_EQ(reader.stuck(), 1u);

    kernel.released->count_down();
    while (reader.stuck() != 0) {
        std::this_thread::yield();
    }
    EXPECT_TRUE(reader.read("/hung", 5s));
    EXPECT_EQ(kernel.answered->load(), 3);
}

TEST(SpaceReader, threads_that_stay_behind_are_few) {
    const slow_kernel kernel;
    {
        space_reader reader(kernel);
        for (std::size_t i = 0; i < space_reader::most_stuck; ++i) {
            EXPECT_EQ(reader.read("/hung/" + std::to_string(i), 1ms).error().code, errc::timeout);
        }
        EXPECT_EQ(reader.read("/fine", 5s).error().code, errc::exhausted);
    }
    // The reader is gone before its threads.
    kernel.released->count_down();
    while (kernel.answered->load() != static_cast<int>(space_reader::most_stuck)) {
        std::this_thread::yield();
    }
}

}  // namespace
}  // namespace sonde::host_metrics
