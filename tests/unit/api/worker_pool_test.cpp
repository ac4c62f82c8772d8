// SPDX-License-Identifier: Apache-2.0
#include "api/worker_pool.hpp"

#include <atomic>

#include <gtest/gtest.h>

#include "fixture.hpp"

namespace sonde::api {
namespace {

TEST(WorkerPool, module_code_never_takes_the_last_thread) {
    gate slow;
    gate quick;
    worker_pool pool(3, 16);
    EXPECT_TRUE(pool.submit([&] { slow.pass(); }, true));
    EXPECT_TRUE(pool.submit([&] { slow.pass(); }, true));
    EXPECT_FALSE(pool.submit([] {}, true));
    quick.open();
    EXPECT_TRUE(pool.submit([&] { quick.pass(); }, false));
    EXPECT_TRUE(quick.wait_for_arrivals(1));
    slow.open();
    EXPECT_EQ(pool.stop(patience), 0U);
}

TEST(WorkerPool, refuses_what_does_not_fit_into_its_queue) {
    gate slow;
    worker_pool pool(2, 1);
    for (int i = 1; i <= 2; ++i) {
        EXPECT_TRUE(pool.submit([&] { slow.pass(); }, false));
        ASSERT_TRUE(slow.wait_for_arrivals(i));
    }
    EXPECT_TRUE(pool.submit([] {}, false));
    EXPECT_FALSE(pool.submit([] {}, false));
    slow.open();
    EXPECT_EQ(pool.stop(patience), 0U);
}

TEST(WorkerPool, stopping_discards_what_waits_and_refuses_what_comes) {
    gate slow;
    worker_pool pool(2, 8);
    const auto discarded = std::make_shared<std::atomic<int>>(0);
    for (int i = 1; i <= 2; ++i) {
        EXPECT_TRUE(pool.submit([&] { slow.pass(); }, false));
        ASSERT_TRUE(slow.wait_for_arrivals(i));
    }
    EXPECT_TRUE(pool.submit([discarded] { ++*discarded; }, false));
    std::jthread opener([&] {
        EXPECT_TRUE(slow.wait_for_arrivals(2));
        while (discarded.use_count() > 1) {
            std::this_thread::yield();
        }
        slow.open();
    });
    // The waiting job is destroyed before the running ones are waited for.
    EXPECT_EQ(pool.stop(patience), 0U);
    EXPECT_EQ(*discarded, 0);
    EXPECT_FALSE(pool.submit([] {}, false));
}

TEST(WorkerPool, a_job_that_hangs_is_left_alone) {
    auto slow = std::make_shared<gate>();
    auto ended = std::make_shared<gate>();
    ended->open();
    worker_pool pool(2, 8);
    EXPECT_TRUE(pool.submit(
        [slow, ended] {
            slow->pass();
            ended->pass();
        },
        false));
    ASSERT_TRUE(slow->wait_for_arrivals(1));
    EXPECT_EQ(pool.stop(5ms), 1U);
    slow->open();
    EXPECT_TRUE(ended->wait_for_arrivals(1));
}

}  // namespace
}  // namespace sonde::api
