// SPDX-License-Identifier: Apache-2.0
// What leaves of an event: keys, revisions and sizes always, values only as the options allow, those of secrets never.
#include "etcd/publisher.hpp"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonde/testing/fake_host.hpp>

#include "sonde/v1/etcd.pb.h"

namespace sonde::etcd {
namespace {

constexpr std::string_view canary = "canary-9f2c";
const std::string secret_key = "/registry/secrets/shop/tls";

key_event event_of(std::string_view key, std::string_view value, std::uint64_t revision = 5) {
    key_event made;
    made.now = {key, 3, revision, 2, 9, value};
    made.previous = key_value{key, 3, revision - 1, 1, 0, value};
    return made;
}

class Publisher : public ::testing::Test {
protected:
    Publisher() : counted(host.host()), out(host.host(), counted) {
        values.limit = 64;
        values.registry = "/registry/";
    }
    void TearDown() override { EXPECT_THAT(host.lane.misuse(), ::testing::IsEmpty()); }

    v1::EtcdEvent told(const key_event& of) {
        EXPECT_TRUE(out.open(values));
        EXPECT_TRUE(out.event(1, of));
        return last();
    }
    v1::EtcdEvent last() {
        v1::EtcdEvent event;
        const auto record = host.lane.envelopes(event_topic).back();
        EXPECT_EQ(record.content_type, "sonde.v1.EtcdEvent");
        EXPECT_TRUE(event.ParseFromArray(record.data.data(), static_cast<int>(record.data.size())));
        return event;
    }

    sonde::testing::fake_host host;
    meters counted;
    publisher out;
    value_options values;
};

TEST_F(Publisher, by_default_no_value_leaves) {
    const auto event = told(event_of("/registry/pods/shop/web", canary));
    EXPECT_EQ(event.kind(), v1::EtcdEvent::KIND_PUT);
    EXPECT_EQ(event.key(), "/registry/pods/shop/web");
    EXPECT_EQ(event.create_revision(), 3u);
    EXPECT_EQ(event.mod_revision(), 5u);
    EXPECT_EQ(event.version(), 2u);
    EXPECT_EQ(event.lease(), 9u);
    EXPECT_EQ(event.value().size(), canary.size());
    EXPECT_EQ(event.value().text(), "");
    EXPECT_FALSE(event.has_previous());
    EXPECT_EQ(event.kubernetes().kind(), "Pod");
    EXPECT_EQ(event.kubernetes().namespace_(), "shop");
    EXPECT_EQ(event.cluster_id(), 1u);
    EXPECT_EQ(event.SerializeAsString().find(canary), std::string::npos);
}

TEST_F(Publisher, values_and_previous_ones_on_request) {
    values.has_values = values.has_previous = true;
    const auto event = told(event_of("/jobs/a", canary));
    EXPECT_EQ(event.value().text(), canary);
    EXPECT_EQ(event.previous().value().text(), canary);
    EXPECT_EQ(event.previous().mod_revision(), 4u);
    EXPECT_FALSE(event.has_kubernetes());
    EXPECT_FALSE(event.secret());
}

TEST_F(Publisher, values_of_secrets_never_leave) {
    values.has_values = values.has_previous = true;
    values.secret_prefixes = {"/vault/"};
    for (const std::string& key : {secret_key, std::string("/vault/x"), std::string("/other.io/secrets/a/b")}) {
        const auto event = told(event_of(key, canary));
        EXPECT_TRUE(event.secret()) << key;
        EXPECT_EQ(event.key(), key);
        EXPECT_EQ(event.value().size(), canary.size());
        EXPECT_EQ(event.SerializeAsString().find(canary), std::string::npos) << key;
        ASSERT_TRUE(out.listed(1, 9, event_of(key, canary).now, false));
        EXPECT_EQ(last().SerializeAsString().find(canary), std::string::npos) << key;
    }
    EXPECT_EQ(host.metrics.value("etcd.values.withheld"), 9);  // two of each event, one of each listing
}

TEST_F(Publisher, large_values_are_cut_between_characters) {
    values.has_values = true;
    const std::string text = std::string(63, 'x') + "\xc3\xa9" + "rest";
    auto event = told(event_of("k", text));
    EXPECT_EQ(event.value().text(), std::string(63, 'x'));
    EXPECT_TRUE(event.value().truncated());
    EXPECT_EQ(event.value().size(), text.size());
    event = told(event_of("k", std::string(64, '\xff')));
    EXPECT_EQ(event.value().binary(), std::string(64, '\xff'));
    EXPECT_FALSE(event.value().truncated());
    EXPECT_EQ(host.metrics.value("etcd.values.truncated"), 1);
}

TEST_F(Publisher, a_key_of_any_bytes) {
    const auto event = told(event_of("\xff\x01", ""));
    EXPECT_EQ(event.key(), "");
    EXPECT_EQ(event.key_binary(), "\xff\x01");
    EXPECT_EQ(event.value().size(), 0u);
    EXPECT_TRUE(event.value().has_size());
}

TEST_F(Publisher, a_deletion_has_no_value) {
    key_event of = event_of("k", "");
    of.is_delete = true;
    const auto event = told(of);
    EXPECT_EQ(event.kind(), v1::EtcdEvent::KIND_DELETE);
    EXPECT_FALSE(event.has_value());
}

TEST_F(Publisher, gaps_and_listings) {
    ASSERT_TRUE(out.open(values));
    ASSERT_TRUE(out.missed(1, {"/a", "/b"}, {"compacted", 11, 30}));
    EXPECT_EQ(last().kind(), v1::EtcdEvent::KIND_GAP);
    EXPECT_EQ(last().reason(), "compacted");
    EXPECT_EQ(last().from_revision(), 11u);
    EXPECT_EQ(last().revision(), 30u);
    EXPECT_EQ(last().range_begin(), "/a");
    ASSERT_TRUE(out.listed(1, 40, event_of("/a/x", "").now, true));
    EXPECT_EQ(last().kind(), v1::EtcdEvent::KIND_RESYNC);
    EXPECT_EQ(last().revision(), 40u);
    EXPECT_FALSE(last().has_value());  // only the key was asked for
    ASSERT_TRUE(out.synced(1, {"/a", "/b"}, 40, 1));
    EXPECT_EQ(last().kind(), v1::EtcdEvent::KIND_SYNCED);
    EXPECT_EQ(last().key_count(), 1u);
}

TEST_F(Publisher, without_room_nothing_is_told_or_counted) {
    ASSERT_TRUE(out.open(values));
    host.lane.answer_next_reserve(SONDE_AGAIN);
    EXPECT_FALSE(out.event(1, event_of("k", "")));
    EXPECT_EQ(host.metrics.value("etcd.events", {{"kind", "put"}}), 0);
    EXPECT_TRUE(out.event(1, event_of("k", "")));
    EXPECT_EQ(host.metrics.value("etcd.events", {{"kind", "put"}}), 1);
}

TEST(EtcdEventId, is_that_of_cluster_key_revision_and_kind) {
    using enum schema::event_kind;
    const auto id = event_id(put, 1, 5, "a");
    EXPECT_EQ(id, event_id(put, 1, 5, "a"));
    const std::set<std::array<std::uint8_t, 16>> others{id, event_id(put, 2, 5, "a"), event_id(put, 1, 6, "a"),
                                                        event_id(put, 1, 5, "b"), event_id(resync, 1, 5, "a")};
    EXPECT_EQ(others.size(), 5u);
}

}  // namespace
}  // namespace sonde::etcd
