// SPDX-License-Identifier: Apache-2.0
#include "ebpf/payload/connection_kinds.hpp"

#include <gtest/gtest.h>

namespace sonde::ebpf::payload {
namespace {

using protocol::kind;

TEST(ConnectionKinds, are_kept_until_a_sweep_after_the_end) {
    connection_kinds of(10);
    of.set(1, kind::redis);
    of.set(2, kind::tls);
    of.end(1);
    of.end(99);
    of.sweep();
    EXPECT_EQ(of.find(1), kind::redis);
    of.sweep();
    EXPECT_EQ(of.find(1), kind::unknown);
    EXPECT_EQ(of.find(2), kind::tls);
}

TEST(ConnectionKinds, give_way_when_ended_and_are_counted_when_there_is_no_room) {
    connection_kinds of(2);
    of.set(1, kind::redis);
    of.set(2, kind::tls);
    of.set(3, kind::http1);
    EXPECT_EQ(of.dropped(), 1u);
    EXPECT_EQ(of.find(3), kind::unknown);
    of.end(1);
    of.set(3, kind::http1);
    EXPECT_EQ(of.find(3), kind::http1);
    EXPECT_EQ(of.find(1), kind::unknown);
    EXPECT_EQ(of.dropped(), 1u);
    of.set(2, kind::mysql);
    EXPECT_EQ(of.find(2), kind::mysql);
}

}  // namespace
}  // namespace sonde::ebpf::payload
