// SPDX-License-Identifier: Apache-2.0
#include "ebpf/payload/connection_kinds.hpp"

#include <gtest/gtest.h>

namespace sonde::ebpf::payload {
namespace {

using protocol::kind;

connection::tuple tuple_of(std::uint16_t port) {
    connection::tuple made;
    made.local.port = port;
    return made;
}

TEST(ConnectionKinds, are_kept_until_a_sweep_after_the_end) {
    connection_kinds of(10);
    of.set(tuple_of(1), kind::redis);
    of.set(tuple_of(2), kind::tls);
    of.end(tuple_of(1));
    of.end(tuple_of(99));
    of.sweep();
    EXPECT_EQ(of.find(tuple_of(1)), kind::redis);
    of.sweep();
    EXPECT_EQ(of.find(tuple_of(1)), kind::unknown);
    EXPECT_EQ(of.find(tuple_of(2)), kind::tls);
}

TEST(ConnectionKinds, give_way_when_ended_and_are_counted_when_there_is_no_room) {
    connection_kinds of(2);
    of.set(tuple_of(1), kind::redis);
    of.set(tuple_of(2), kind::tls);
    of.set(tuple_of(3), kind::http1);
    EXPECT_EQ(of.dropped(), 1u);
    EXPECT_EQ(of.find(tuple_of(3)), kind::unknown);
    of.end(tuple_of(1));
    of.set(tuple_of(3), kind::http1);
    EXPECT_EQ(of.find(tuple_of(3)), kind::http1);
    EXPECT_EQ(of.find(tuple_of(1)), kind::unknown);
    EXPECT_EQ(of.dropped(), 1u);
    of.set(tuple_of(2), kind::mysql);
    EXPECT_EQ(of.find(tuple_of(2)), kind::mysql);
}

}  // namespace
}  // namespace sonde::ebpf::payload
