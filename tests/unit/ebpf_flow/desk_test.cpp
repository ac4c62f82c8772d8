// SPDX-License-Identifier: Apache-2.0
#include "ebpf/flow/desk.hpp"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace sonde::ebpf::flow {
namespace {

using namespace std::chrono_literals;

result<std::string> echo(const inquiry& of) { return of.client + "/" + std::to_string(of.limit); }

TEST(Desk, an_inquiry_is_answered_by_the_thread_that_serves) {
    desk one;
    one.open();
    std::jthread serving([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            if (one.has_work()) {
                one.serve(echo);
            }
            std::this_thread::yield();
        }
    });
    std::vector<std::jthread> asking;
    for (std::size_t i = 0; i < 4; ++i) {
        asking.emplace_back([&, i] {
            for (std::size_t limit = 0; limit < 50; ++limit) {
                const auto answer = one.ask({inquiry::kind::state, "c" + std::to_string(i), limit}, 10s);
                ASSERT_TRUE(answer) << answer.error().text;
                EXPECT_EQ(*answer, "c" + std::to_string(i) + "/" + std::to_string(limit));
            }
        });
    }
}

TEST(Desk, nobody_waits_longer_than_his_patience) {
    desk one;
    one.open();
    const auto answer = one.ask({}, 5ms);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, errc::timeout);
    EXPECT_FALSE(one.has_work()) << "who has left is not served";
}

TEST(Desk, a_closed_desk_answers_those_that_wait_and_refuses_those_that_come) {
    desk one;
    EXPECT_EQ(one.ask({}, 10s).error().code, errc::stopped);
    one.open();
    std::jthread closing([&] {
        while (!one.has_work()) {
            std::this_thread::yield();
        }
        one.close();
    });
    EXPECT_EQ(one.ask({}, 10s).error().code, errc::stopped);
    EXPECT_EQ(one.ask({}, 10s).error().code, errc::stopped);
}

TEST(Desk, holds_so_many_and_no_more) {
    desk one;
    one.open();
    std::vector<std::jthread> waiting;
    std::atomic<std::size_t> refused = 0;
    for (std::size_t i = 0; i < desk::most_waiting + 3; ++i) {
        waiting.emplace_back([&] {
            const auto answer = one.ask({}, 10s);
            refused += !answer && answer.error().code == errc::exhausted ? 1 : 0;
        });
    }
    while (refused < 3) {
        std::this_thread::yield();
    }
    one.serve(echo);
    waiting.clear();
    EXPECT_EQ(refused, 3u);
}

}  // namespace
}  // namespace sonde::ebpf::flow
