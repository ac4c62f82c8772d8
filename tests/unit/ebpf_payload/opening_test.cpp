// SPDX-License-Identifier: Apache-2.0
#include "ebpf/payload/opening.hpp"

#include <string>

#include <gtest/gtest.h>

#include "sample.hpp"

namespace sonde::ebpf::payload {
namespace {

using connection::role;
using protocol::confidence;
using protocol::kind;

struct Opening : ::testing::Test {
    void add(const segment& one) { of.add(one, (one.is_sent ? sent : received).advance(one.sequence, one.size)); }
    opening of;
    position sent;
    position received;
};

TEST_F(Opening, joins_the_pieces_of_a_request_line) {
    end_of end(1, role::client);
    add(end.request("GET /a HT", 5));
    EXPECT_EQ(of.judge(role::client).of.how, confidence::needs_more);
    add(end.request("TP/1.1\r\n\r\n", 6));
    EXPECT_EQ(of.judge(role::client).of.what, kind::http1);
    EXPECT_EQ(protocol::text_of(of.from_client(role::client).bytes()), "GET /a HTTP/1.1\r\n\r\n");
    EXPECT_EQ(of.from_client(role::client).time, 5u);
}

TEST_F(Opening, finds_out_who_is_the_client_of_an_older_connection) {
    end_of end(1, role::client);
    add(end.request("*1\r\n$4\r\nPING\r\n"));
    add(end.response("+PONG\r\n"));
    const auto found = of.judge(role::unknown);
    EXPECT_EQ(found.of.what, kind::redis);
    EXPECT_EQ(found.of.how, confidence::certain);
    EXPECT_EQ(found.role, role::client);
}

TEST_F(Opening, gives_up_what_stays_unclear) {
    end_of end(1, role::client);
    for (unsigned i = 0; i < opening::most_segments; ++i) {
        add(end.request(i == 0 ? "GET " : "x"));
    }
    EXPECT_EQ(of.judge(role::client).of.how, confidence::none);
}

TEST_F(Opening, does_not_join_what_is_not_together) {
    end_of end(1, role::client);
    add(end.request("GET /a", 1, 100));
    add(end.request(" HTTP/1.1\r\n\r\n"));
    EXPECT_EQ(protocol::text_of(of.from_client(role::client).bytes()), "GET /a");
    EXPECT_EQ(of.from_client(role::client).full_size, 113u);
}

}  // namespace
}  // namespace sonde::ebpf::payload
