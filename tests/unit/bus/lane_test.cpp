// SPDX-License-Identifier: Apache-2.0
#include "bus/lane.hpp"

#include <atomic>
#include <thread>

#include "bus_fixture.hpp"
#include "support/clock.hpp"

namespace sonde::bus {
namespace {

using namespace test;
using namespace std::chrono_literals;

struct one_lane {
    explicit one_lane(lane_settings settings = small_settings(), std::function<void()> on_subscriber = {})
        : fabric(settings), to(fabric.open_lane(identity(), std::move(on_subscriber)).value()) {}
    ~one_lane() { fabric.close_lane(to); }
    bus fabric;
    std::shared_ptr<lane> to;
};

TEST(Lane, sends_a_single_item_after_a_quiet_time_at_once) {
    one_lane it;
    const auto reader = it.fabric.subscribe({"reader", {"raw/test/"}}).value();
    ASSERT_EQ(publish(*it.to, open(*it.to, "raw/test/")), SONDE_OK);
    const auto batch = reader->receive(10s);
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->view().item_count, 1u);
    EXPECT_EQ(view(batch->view().topic), "raw/test/");
    EXPECT_EQ(batch->view().header->first_time, batch->view().header->last_time);
}

TEST(Lane, seals_the_second_item_by_age_without_another_call) {
    one_lane it;
    const auto reader = it.fabric.subscribe({"reader", {"raw/test/"}}).value();
    const std::uint32_t stream = open(*it.to, "raw/test/");
    ASSERT_EQ(publish(*it.to, stream), SONDE_OK);
    ASSERT_EQ(publish(*it.to, stream), SONDE_OK);
    std::uint64_t items = 0;
    while (items < 2) {
        const auto batch = reader->receive(10s);
        ASSERT_TRUE(batch) << "the sealer did not close the open batch";
        items += batch->view().item_count;
    }
    EXPECT_EQ(items, 2u);
}

TEST(Lane, seals_by_count_and_by_size) {
    lane_settings settings = small_settings();
    settings.seal_age = 3'600'000'000'000;
    settings.seal_items = 10;
    one_lane it(settings);
    const auto reader = it.fabric.subscribe({"reader", {""}}).value();
    const std::uint32_t stream = open(*it.to, "raw/test/");
    ASSERT_EQ(publish(*it.to, stream), SONDE_OK);  // goes out at once
    for (int i = 0; i < 10; ++i) {
        ASSERT_EQ(publish(*it.to, stream), SONDE_OK);
    }
    EXPECT_EQ(drain(*reader), 11u) << "sealed by count";
    for (int i = 0; i < 5; ++i) {
        ASSERT_EQ(publish(*it.to, stream, 1000), SONDE_OK);
    }
    EXPECT_EQ(drain(*reader), 5u) << "sealed by size";
}

TEST(Lane, flush_sends_what_is_open) {
    lane_settings settings = small_settings();
    settings.seal_age = 3'600'000'000'000;
    one_lane it(settings);
    const auto reader = it.fabric.subscribe({"reader", {""}}).value();
    const std::uint32_t stream = open(*it.to, "raw/test/");
    ASSERT_EQ(publish(*it.to, stream), SONDE_OK);
    ASSERT_EQ(publish(*it.to, stream), SONDE_OK);
    EXPECT_EQ(drain(*reader), 1u);
    it.to->flush();
    EXPECT_EQ(drain(*reader), 1u);
}

TEST(Lane, a_batch_body_is_the_resource_and_then_the_envelopes) {
    one_lane it;
    const auto reader = it.fabric.subscribe({"reader", {""}}).value();
    const std::uint32_t stream = open(*it.to, "raw/test/");
    for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(publish(*it.to, stream), SONDE_OK);
        const auto batch = reader->receive(10s);
        ASSERT_TRUE(batch);
        wire::reader body(batch_view(batch->view()).body());
        const auto resource = body.next();
        ASSERT_TRUE(resource);
        ASSERT_EQ(resource->number, std::uint32_t{SONDE_BATCH_FIELD_RESOURCE});
        wire::reader fields(resource->bytes);
        std::uint64_t first_item = 99;
        std::string node;
        std::string version;
        while (const auto field = fields.next()) {
            if (field->number == SONDE_RESOURCE_FIELD_FIRST_ITEM) {
                first_item = field->value;
            } else if (field->number == SONDE_RESOURCE_FIELD_NODE_NAME) {
                node = field->text();
            } else if (field->number == SONDE_RESOURCE_FIELD_SOURCE_VERSION) {
                version = field->text();
            }
        }
        EXPECT_EQ(first_item, static_cast<std::uint64_t>(i));
        EXPECT_EQ(node, "node-a");
        EXPECT_EQ(version, "1.2.3");
        EXPECT_EQ(body.next()->number, std::uint32_t{SONDE_BATCH_FIELD_ENVELOPE});
        EXPECT_FALSE(body.next());
        EXPECT_FALSE(body.failed());
    }
}

TEST(Lane, over_budget_it_drops_and_counts_or_waits_as_the_writer_asks) {
    lane_settings settings = small_settings();
    settings.budget = 3 * (settings.seal_bytes + 8192);
    one_lane it(settings);
    const auto stalled = it.fabric.subscribe({"stalled", {""}, true}).value();
    const std::uint32_t stream = open(*it.to, "raw/test/");
    int accepted = 0;
    sonde_rc rc = SONDE_OK;
    while ((rc = publish(*it.to, stream, 2000)) == SONDE_OK) {
        ASSERT_LT(++accepted, 1000) << "the budget does not bind";
    }
    EXPECT_EQ(rc, SONDE_DROPPED);
    EXPECT_EQ(publish(*it.to, stream, 2000, 1'000'000), SONDE_AGAIN);
    const auto stats = it.to->stats().streams.at(0);
    EXPECT_EQ(stats.dropped[SONDE_REASON_LANE_FULL], 1u) << "waiting in vain is not counted";
    EXPECT_EQ(stats.produced, static_cast<std::uint64_t>(accepted) + 1);

    std::thread reader([&] { drain(*stalled); });
    EXPECT_EQ(publish(*it.to, stream, 2000, 10'000'000'000), SONDE_OK) << "a waiting writer goes on when there is room";
    reader.join();
}

TEST(Lane, refuses_and_counts_a_record_above_the_limit) {
    one_lane it;
    const std::uint32_t stream = open(*it.to, "raw/test/");
    EXPECT_EQ(publish(*it.to, stream, 1u << 20), SONDE_DROPPED);
    EXPECT_EQ(it.to->stats().streams.at(0).dropped[SONDE_REASON_OVERSIZE], 1u);
    EXPECT_EQ(publish(*it.to, stream, 60'000), SONDE_OK) << "larger than a batch, within the record limit";
}

TEST(Lane, an_aborted_reservation_leaves_nothing_behind) {
    one_lane it;
    const auto reader = it.fabric.subscribe({"reader", {""}}).value();
    const std::uint32_t stream = open(*it.to, "raw/test/");
    sonde_buffer buffer{};
    ASSERT_EQ(it.to->reserve(stream, 100, 0, buffer), SONDE_OK);
    it.to->abort(buffer);
    it.to->flush();
    EXPECT_EQ(drain(*reader), 0u);
    EXPECT_EQ(it.to->stats().streams.at(0).produced, 0u);
}

TEST(Lane, refuses_topics_without_terminator_and_more_streams_than_it_has_room_for) {
    one_lane it;
    std::uint32_t id = 0;
    EXPECT_EQ(it.to->open_stream("raw/test", id), SONDE_INVALID);
    EXPECT_EQ(it.to->open_stream("", id), SONDE_INVALID);
    for (std::size_t i = 0; i < lane::most_streams; ++i) {
        EXPECT_EQ(it.to->open_stream("raw/" + std::to_string(i) + "/", id), SONDE_OK);
    }
    EXPECT_EQ(it.to->open_stream("raw/one-more/", id), SONDE_EXHAUSTED);
    EXPECT_EQ(it.to->open_stream("raw/3/", id), SONDE_OK);
    EXPECT_EQ(id, 3u) << "a known topic gives its stream again";
    sonde_buffer buffer{};
    EXPECT_EQ(it.to->reserve(99, 10, 0, buffer), SONDE_INVALID);
}

TEST(Lane, tells_the_collector_of_a_late_subscriber_but_not_of_a_quiet_one) {
    std::atomic<int> told{0};
    one_lane it(small_settings(), [&] { told.fetch_add(1); });
    const std::uint32_t stream = open(*it.to, "raw/test/");
    EXPECT_FALSE(it.to->has_subscriber(stream));
    const auto elsewhere = it.fabric.subscribe({"elsewhere", {"conn/"}}).value();
    EXPECT_EQ(told, 0);
    const auto tap = it.fabric.subscribe({"tap", {"raw/"}, false, false}).value();
    EXPECT_EQ(told, 0);
    EXPECT_TRUE(it.to->has_subscriber(stream));
    const auto late = it.fabric.subscribe({"late", {"raw/test/"}}).value();
    EXPECT_EQ(told, 1);
    it.fabric.unsubscribe(tap);
    it.fabric.unsubscribe(late);
    EXPECT_FALSE(it.to->has_subscriber(stream));
}

TEST(Lane, after_close_it_refuses_and_counts_and_what_was_sent_is_still_read) {
    bus fabric(small_settings());
    auto to = fabric.open_lane(identity(), {}).value();
    const auto reader = fabric.subscribe({"reader", {""}}).value();
    const std::uint32_t stream = open(*to, "raw/test/");
    for (int i = 0; i < 20; ++i) {
        ASSERT_EQ(publish(*to, stream, 1000), SONDE_OK);
    }
    fabric.close_lane(to);
    EXPECT_EQ(publish(*to, stream), SONDE_STOPPED);
    EXPECT_EQ(to->stats().streams.at(0).dropped[SONDE_REASON_SHUTDOWN], 1u);
    to.reset();  // the lane's socket is gone before the reader has read anything
    EXPECT_EQ(drain(*reader), 20u);
    EXPECT_EQ(sum(reader->stats()).in_flight, 0u);
}

}  // namespace
}  // namespace sonde::bus
