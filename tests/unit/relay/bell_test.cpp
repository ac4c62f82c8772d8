// SPDX-License-Identifier: Apache-2.0
#include "relay/bell.hpp"

#include <poll.h>

#include <gtest/gtest.h>

namespace sonde::relay {
namespace {

bool rings(const bell& which) {
    pollfd ready{which.fd(), POLLIN, 0};
    return ::poll(&ready, 1, 0) == 1;
}

TEST(Bell, is_readable_from_a_ring_until_it_is_silenced) {
    bell one;
    ASSERT_TRUE(one.hang());
    EXPECT_FALSE(rings(one));
    one.ring();
    one.ring();
    EXPECT_TRUE(rings(one));
    one.silence();
    EXPECT_FALSE(rings(one));
    one.silence();  // does not wait for a ring
}

}  // namespace
}  // namespace sonde::relay
