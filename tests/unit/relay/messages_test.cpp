// SPDX-License-Identifier: Apache-2.0
// Written by hand, read by protobuf, and the other way round.
#include "relay/messages.hpp"

#include <gtest/gtest.h>

#include "sonde/v1/relay.pb.h"

namespace sonde::relay {
namespace {

bytes bytes_of(const std::string& text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

constexpr session_id session{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255};

TEST(RelayMessages, a_request_reads_as_it_was_written) {
    const std::string body(1000, 'b');
    std::string written = begin_request(session, 300);
    append(written, {"raw/a/", 3, bytes_of(body)});
    append(written, {"raw/b/", 1, {}});
    v1::RelayRequest parsed;
    ASSERT_TRUE(parsed.ParseFromString(written));
    EXPECT_EQ(parsed.session(), std::string(session.begin(), session.end()));
    EXPECT_EQ(parsed.number(), 300U);
    ASSERT_EQ(parsed.batches_size(), 2);
    EXPECT_EQ(parsed.batches(0).topic(), "raw/a/");
    EXPECT_EQ(parsed.batches(0).items(), 3U);
    EXPECT_EQ(parsed.batches(0).body(), body);

    const auto read = read_request(bytes_of(written));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->session, session);
    EXPECT_EQ(read->number, 300U);
    ASSERT_EQ(read->batches.size(), 2U);
    EXPECT_EQ(read->batches[0].body.size(), body.size());
    EXPECT_EQ(read->batches[1].topic, "raw/b/");
}

TEST(RelayMessages, a_batch_takes_no_more_room_than_reckoned) {
    const std::string body(70'000, 'b');
    const relayed_batch batch{"raw/some/topic/", 4'000'000'000, bytes_of(body)};
    std::string written;
    append(written, batch);
    EXPECT_LE(written.size(), room_for(batch));
}

TEST(RelayMessages, what_has_no_session_or_breaks_off_is_no_request) {
    EXPECT_FALSE(read_request({}));
    v1::RelayRequest request;
    request.set_session("short");
    EXPECT_FALSE(read_request(bytes_of(request.SerializeAsString())));
    std::string written = begin_request(session, 1);
    append(written, {"raw/a/", 1, {}});
    ASSERT_TRUE(read_request(bytes_of(written)));
    written.pop_back();
    EXPECT_FALSE(read_request(bytes_of(written)));
}

TEST(RelayMessages, a_response_reads_as_it_was_written) {
    for (const response& each : {response{}, response{17, true, false}, response{1ULL << 60U, false, true}}) {
        const std::string written = encode(each);
        v1::RelayResponse parsed;
        ASSERT_TRUE(parsed.ParseFromString(written));
        EXPECT_EQ(parsed.acknowledged(), each.acknowledged);
        EXPECT_EQ(parsed.is_known(), each.is_known);
        EXPECT_EQ(parsed.wants_state(), each.wants_state);
        EXPECT_EQ(read_response(bytes_of(written)), each);
    }
    EXPECT_FALSE(read_response(bytes_of("\x08")));
}

}  // namespace
}  // namespace sonde::relay
