// SPDX-License-Identifier: Apache-2.0
// connect() and open(): what was asked for, and why it failed.
#include <cerrno>

#include <gtest/gtest.h>
#include <netinet/in.h>

#include "decode_fixture.hpp"
#include "sonde/v1/event.pb.h"

namespace sonde::enrich_context::testing {
namespace {

v1::ConnectCall call_to(const std::string& address, std::uint32_t port) {
    v1::ConnectCall event;
    event.set_peer_address(address);
    event.set_peer_port(port);
    event.set_transport(v1::TRANSPORT_TCP);
    return event;
}

const std::string service{"\x0a\x60\x00\x01", 4};

TEST_F(Decode, says_where_a_process_connects_to) {
    EXPECT_EQ(of("sonde.v1.ConnectCall", call_to(service, 80)), verdict::event);
    EXPECT_EQ(said.type, "network.connect");
    EXPECT_EQ(said.to, decode::domain::network);
    EXPECT_EQ(said.message, "connect to 10.96.0.1:80");
    ASSERT_TRUE(said.has_remote);
    EXPECT_EQ(said.actual.port, 80);
    EXPECT_EQ(said.actual.protocol, IPPROTO_TCP);
}

TEST_F(Decode, says_why_a_connect_call_failed) {
    v1::ConnectCall event = call_to(service, 53);
    event.set_transport(v1::TRANSPORT_UDP);
    event.set_error_code(ENETUNREACH);
    EXPECT_EQ(of("sonde.v1.ConnectCall", event), verdict::event);
    EXPECT_EQ(said.message, "connect to 10.96.0.1:53 failed: ENETUNREACH");
    EXPECT_EQ(said.actual.protocol, IPPROTO_UDP);
    EXPECT_EQ(said.severity, severity::info) << "it is the program's to judge";
    event.set_error_code(0xffffffff);
    EXPECT_EQ(of("sonde.v1.ConnectCall", event), verdict::event);
    EXPECT_EQ(said.message, "connect to 10.96.0.1:53 failed: error 4294967295");
}

TEST_F(Decode, refuses_a_connect_call_to_what_is_no_address) {
    EXPECT_EQ(of("sonde.v1.ConnectCall", call_to("abc", 80)), verdict::malformed);
    EXPECT_EQ(of("sonde.v1.ConnectCall", call_to(service, 65536)), verdict::malformed);
}

TEST_F(Decode, a_connect_call_to_nowhere_has_no_other_end) {
    EXPECT_EQ(of("sonde.v1.ConnectCall", call_to(std::string(4, '\0'), 80)), verdict::event);
    EXPECT_FALSE(said.has_remote);
}

TEST_F(Decode, says_which_file_was_opened_and_why_not) {
    v1::FileOpen event;
    event.set_path("/etc/hosts");
    EXPECT_EQ(of("sonde.v1.FileOpen", event), verdict::event);
    EXPECT_EQ(said.type, "process.file.open");
    EXPECT_EQ(said.to, decode::domain::process);
    EXPECT_EQ(said.message, "open /etc/hosts");
    event.set_error_code(EACCES);
    EXPECT_EQ(of("sonde.v1.FileOpen", event), verdict::event);
    EXPECT_EQ(said.message, "open /etc/hosts failed: EACCES");
}

}  // namespace
}  // namespace sonde::enrich_context::testing
