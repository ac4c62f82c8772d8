// SPDX-License-Identifier: Apache-2.0
#include "run/inbox.hpp"

#include <poll.h>

#include <atomic>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

namespace {

using sonde::run::inbox;

bool is_readable(const inbox& of) {
    pollfd fd{of.descriptor(), POLLIN, 0};
    return ::poll(&fd, 1, 0) == 1;
}

TEST(Inbox, work_comes_out_in_order_and_readability_tells_of_it) {
    inbox box;
    EXPECT_FALSE(is_readable(box));
    std::string said;
    box.post([&] { said += "a"; });
    box.post([&] { said += "b"; });
    EXPECT_TRUE(is_readable(box));
    for (const auto& work : box.take()) {
        work();
    }
    EXPECT_EQ(said, "ab");
    EXPECT_FALSE(is_readable(box));
    EXPECT_TRUE(box.take().empty());
}

TEST(Inbox, closing_destroys_what_waits_and_what_comes_later) {
    inbox box;
    const auto token = std::make_shared<int>(0);
    box.post([token] {});
    box.close();
    EXPECT_EQ(token.use_count(), 1);
    box.post([token] {});
    EXPECT_EQ(token.use_count(), 1);
    EXPECT_TRUE(box.take().empty());
}

// A closure may own the last reference to something that posts when it goes.
TEST(Inbox, closing_allows_a_closure_to_post_from_its_destructor) {
    inbox box;
    struct last_word {
        inbox& to;
        ~last_word() {
            to.post([] {});
        }
    };
    box.post([word = std::make_shared<last_word>(box)] {});
    box.close();
    EXPECT_TRUE(box.take().empty());
}

TEST(Inbox, nothing_is_lost_between_many_posters_and_one_taker) {
    inbox box;
    constexpr int each = 2000;
    std::atomic<int> done{0};
    std::vector<std::jthread> posters;
    for (int i = 0; i < 4; ++i) {
        posters.emplace_back([&] {
            for (int n = 0; n < each; ++n) {
                box.post([&] { ++done; });
            }
        });
    }
    while (done < 4 * each) {
        pollfd fd{box.descriptor(), POLLIN, 0};
        ASSERT_EQ(::poll(&fd, 1, 10'000), 1) << "a wake-up was lost after " << done;
        for (const auto& work : box.take()) {
            work();
        }
    }
    EXPECT_EQ(done, 4 * each);
}

}  // namespace
