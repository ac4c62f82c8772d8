// SPDX-License-Identifier: Apache-2.0
#include "ebpf/payload/record.hpp"

#include <cstring>

#include <gtest/gtest.h>
#include <sonde_bpf/payload.h>
#include <sys/socket.h>

static_assert(offsetof(sonde_payload, cookie) == 16 && offsetof(sonde_payload, local_address) == 24);
static_assert(offsetof(sonde_payload, local_port) == 56 && offsetof(sonde_payload, network_namespace) == 60);
static_assert(offsetof(sonde_payload, sequence) == 64 && offsetof(sonde_payload, length) == 68);
static_assert(offsetof(sonde_payload, captured) == 72 && offsetof(sonde_payload, flags) == 75);
static_assert(offsetof(sonde_payload, payload) == 80);

namespace sonde::ebpf::payload {
namespace {

struct Record : ::testing::Test {
    Record() {
        raw.event = {77, SONDE_EVENT_PAYLOAD, 80 + 128};
        raw.cookie = 5;
        raw.local_address[0] = 10;
        raw.remote_address[3] = 9;
        raw.local_port = 80;
        raw.remote_port = 40000;
        raw.network_namespace = 3;
        raw.sequence = 1000;
        raw.length = 4000;
        raw.captured = 3;
        raw.family = AF_INET;
        raw.flags = SONDE_PAYLOAD_SENT | SONDE_PAYLOAD_SERVER | SONDE_PAYLOAD_ENDED;
        std::memcpy(raw.payload, "abcdef", 6);
    }
    [[nodiscard]] std::optional<segment> read(std::size_t size = 80 + 128) const {
        return read_segment(std::as_bytes(std::span(&raw, 1)).first(size));
    }
    sonde_payload raw{};
};

TEST_F(Record, is_read_as_its_end_saw_it) {
    const auto seen = read();
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->cookie, 5u);
    EXPECT_EQ(seen->time, 77u);
    EXPECT_EQ(seen->ends.local.port, 80);
    EXPECT_EQ(seen->ends.remote.ip[3], 9);
    EXPECT_EQ(seen->ends.network_namespace, 3u);
    EXPECT_EQ(seen->sequence, 1000u);
    EXPECT_EQ(seen->size, 4000u);
    EXPECT_EQ(protocol::text_of(seen->prefix), "abc");
    EXPECT_TRUE(seen->is_sent);
    EXPECT_TRUE(seen->is_end);
    EXPECT_EQ(seen->side, connection::role::server);
}

TEST_F(Record, that_contradicts_itself_is_refused) {
    EXPECT_FALSE(read(79));
    raw.captured = 129;
    EXPECT_FALSE(read());
    raw.captured = 3;
    raw.length = 2;
    EXPECT_FALSE(read());
    raw.length = 3;
    raw.family = AF_UNIX;
    EXPECT_FALSE(read());
}

}  // namespace
}  // namespace sonde::ebpf::payload
