// SPDX-License-Identifier: Apache-2.0
#include "support/fd.hpp"

#include <fcntl.h>

#include <gtest/gtest.h>

namespace {

using sonde::support::unique_fd;

[[nodiscard]] unique_fd open_null() { return unique_fd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }
[[nodiscard]] bool is_open(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

TEST(UniqueFd, closes_at_the_end_of_its_scope) {
    int number = -1;
    {
        const unique_fd fd = open_null();
        number = fd.value();
        EXPECT_TRUE(is_open(number));
    }
    EXPECT_FALSE(is_open(number));
}

TEST(UniqueFd, move_leaves_the_source_empty_and_closes_the_target) {
    unique_fd from = open_null();
    unique_fd to = open_null();
    const int kept = from.value();
    const int closed = to.value();
    to = std::move(from);
    EXPECT_EQ(to.value(), kept);
    EXPECT_FALSE(from.is_open());  // NOLINT(bugprone-use-after-move): that is the point
    EXPECT_FALSE(is_open(closed));
}

TEST(UniqueFd, release_hands_over_without_closing) {
    unique_fd fd = open_null();
    const int number = fd.release();
    EXPECT_FALSE(fd);
    EXPECT_TRUE(is_open(number));
    ::close(number);
}

}  // namespace
