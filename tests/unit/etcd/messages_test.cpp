// SPDX-License-Identifier: Apache-2.0
#include "etcd/messages.hpp"

#include <map>

#include <gtest/gtest.h>

#include "samples.hpp"

namespace sonde::etcd {
namespace {

using namespace testing;

TEST(EtcdMessages, a_watch_response_and_its_events) {
    const std::string from = message({header(9), uint(2, 3), put("a", 8, "one"), removal("b", 9)});
    watch_response response;
    ASSERT_TRUE(read_watch_response(bytes_of(from), response));
    EXPECT_EQ(response.header.cluster_id, cluster);
    EXPECT_EQ(response.header.revision, 9u);
    EXPECT_EQ(response.watch_id, 3);
    EXPECT_EQ(response.events, 2u);
    EXPECT_FALSE(response.is_created || response.is_canceled || response.has_more_fragments);
    event_reader events(bytes_of(from));
    key_event each;
    ASSERT_TRUE(events.next(each));
    EXPECT_FALSE(each.is_delete);
    EXPECT_EQ(each.now.key, "a");
    EXPECT_EQ(each.now.mod_revision, 8u);
    EXPECT_EQ(each.now.create_revision, 8u);
    EXPECT_EQ(each.now.version, 1u);
    EXPECT_EQ(each.now.value, "one");
    EXPECT_FALSE(each.previous);
    ASSERT_TRUE(events.next(each));
    EXPECT_TRUE(each.is_delete);
    EXPECT_EQ(each.now.key, "b");
    EXPECT_FALSE(events.next(each));
}

TEST(EtcdMessages, events_can_be_left_out_from_the_front) {
    const std::string from = message({header(9), put("a", 1), put("b", 2), put("c", 3)});
    event_reader events(bytes_of(from));
    events.skip(2);
    key_event each;
    ASSERT_TRUE(events.next(each));
    EXPECT_EQ(each.now.key, "c");
    events.skip(1);
    EXPECT_FALSE(events.next(each));
}

TEST(EtcdMessages, a_cancellation_says_why) {
    const std::string from = message({header(9), uint(2, static_cast<std::uint64_t>(-1)), uint(3, 1), uint(4, 1),
                                      uint(5, 77), text(6, "no"), uint(7, 1)});
    watch_response response;
    ASSERT_TRUE(read_watch_response(bytes_of(from), response));
    EXPECT_EQ(response.watch_id, -1);
    EXPECT_TRUE(response.is_created && response.is_canceled && response.has_more_fragments);
    EXPECT_EQ(response.compact_revision, 77u);
    EXPECT_EQ(response.cancel_reason, "no");
}

TEST(EtcdMessages, the_previous_pair_and_the_lease) {
    const std::string from = nested(11, {nested(2, {text(1, "k"), uint(6, ~0ull)}), text(3, pair("k", 4, "old"))});
    event_reader events(bytes_of(from));
    key_event each;
    ASSERT_TRUE(events.next(each));
    EXPECT_EQ(each.now.lease, ~0ull);
    ASSERT_TRUE(each.previous);
    EXPECT_EQ(each.previous->value, "old");
    EXPECT_EQ(each.previous->mod_revision, 4u);
}

TEST(EtcdMessages, what_makes_no_sense_is_said) {
    watch_response response;
    EXPECT_FALSE(read_watch_response(bytes_of("\xff\xff\xff"), response));
    EXPECT_FALSE(read_watch_response(bytes_of(text(1, "\xff")), response));
    range_page page;
    EXPECT_FALSE(read_range(bytes_of(text(2, "\xff")), page));
    member_status status;
    EXPECT_FALSE(read_status(bytes_of("\x0a\x05"), status));
    const std::string bad = text(11, "\xff") + put("a", 1);
    event_reader events(bytes_of(bad));
    key_event each;
    ASSERT_TRUE(events.next(each));
    EXPECT_TRUE(each.now.key.empty());
    ASSERT_TRUE(events.next(each));
    EXPECT_EQ(each.now.key, "a");
}

TEST(EtcdMessages, a_page_of_a_range) {
    range_page page;
    const std::string from = message({header(5), text(2, pair("a", 1)), text(2, pair("b", 2)), uint(3, 1)});
    ASSERT_TRUE(read_range(bytes_of(from), page));
    ASSERT_EQ(page.pairs.size(), 2u);
    EXPECT_EQ(page.pairs[1].key, "b");
    EXPECT_TRUE(page.has_more);
}

TEST(EtcdMessages, status_members_and_token) {
    member_status status;
    ASSERT_TRUE(
        read_status(bytes_of(message({header(5), text(2, "3.4.23"), uint(3, 100), uint(4, 7), uint(5, 20), uint(6, 2),
                                      uint(7, 19), text(8, "no leader"), uint(9, 60), uint(10, 1), uint(12, 1000)})),
                    status));
    EXPECT_EQ(status.version, "3.4.23");
    EXPECT_EQ(status.db_size, 100u);
    EXPECT_EQ(status.db_size_in_use, 60u);
    EXPECT_EQ(status.db_quota, 1000u);
    EXPECT_EQ(status.leader_id, 7u);
    EXPECT_EQ(status.raft_index, 20u);
    EXPECT_EQ(status.raft_applied_index, 19u);
    EXPECT_EQ(status.errors, std::vector<std::string>{"no leader"});
    EXPECT_TRUE(status.is_learner);
    std::vector<member> members;
    ASSERT_TRUE(read_members(bytes_of(message({header(1), nested(2, {uint(1, 7), text(2, "m0"), text(3, "http://p"),
                                                                     text(4, "http://c")})})),
                             members));
    ASSERT_EQ(members.size(), 1u);
    EXPECT_EQ(members[0].id, 7u);
    EXPECT_EQ(members[0].name, "m0");
    EXPECT_EQ(members[0].client_urls, std::vector<std::string>{"http://c"});
    EXPECT_EQ(read_token(bytes_of(message({header(1), text(2, "abc.1")}))), "abc.1");
    EXPECT_EQ(read_token(bytes_of("\xff")), "");
}

// Texts and numbers of a watch request by field.
std::map<std::uint32_t, std::string> watch_fields(const std::string& request) {
    std::map<std::uint32_t, std::string> found;
    wire::reader outer(bytes_of(request));
    const auto create = outer.next();
    EXPECT_TRUE(create && create->number == 1 && !outer.next() && !outer.failed());
    wire::reader inner(create->bytes);
    while (const auto next = inner.next()) {
        found[next->number] = next->type == SONDE_WIRE_BYTES ? std::string(next->text()) : std::to_string(next->value);
    }
    EXPECT_FALSE(inner.failed());
    return found;
}

TEST(EtcdMessages, a_watch_is_asked_for_with_fragments_and_progress) {
    using fields = std::map<std::uint32_t, std::string>;
    EXPECT_EQ(watch_fields(watch_request({"a", "b"}, {3, 9, true})),
              (fields{{1, "a"}, {2, "b"}, {3, "9"}, {4, "1"}, {6, "1"}, {7, "3"}, {8, "1"}}));
    const std::string large(70'000, 'k');
    EXPECT_TRUE(watch_fields(watch_request({large, {}}, {1, 0, false})) ==
                (fields{{1, large}, {4, "1"}, {7, "1"}, {8, "1"}}));
}

TEST(EtcdMessages, login) { EXPECT_EQ(authenticate_request("u", "p"), message({text(1, "u"), text(2, "p")})); }

}  // namespace
}  // namespace sonde::etcd
