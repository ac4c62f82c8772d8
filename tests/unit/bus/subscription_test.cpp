// SPDX-License-Identifier: Apache-2.0
#include "bus/subscription.hpp"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "bus_fixture.hpp"

namespace sonde::bus {
namespace {

using namespace test;
using namespace std::chrono_literals;

TEST(Subscription, receives_by_topic_prefix_and_counts_only_what_it_asked_for) {
    bus fabric(small_settings());
    const auto to = fabric.open_lane(identity(), {}).value();
    const std::uint32_t ebpf = open(*to, "raw/ebpf/");
    const std::uint32_t other = open(*to, "raw/ebpf_extra/");
    const auto reader = fabric.subscribe({"reader", {"raw/ebpf/"}}).value();
    ASSERT_EQ(publish(*to, ebpf), SONDE_OK);
    ASSERT_EQ(publish(*to, other), SONDE_OK);
    EXPECT_EQ(drain(*reader), 1u);
    EXPECT_EQ(reader->stats().positions.size(), 1u);
    fabric.close_lane(to);
}

TEST(Subscription, joins_streams_lanes_and_topics_that_come_later) {
    bus fabric(small_settings());
    const auto reader = fabric.subscribe({"reader", {"raw/"}}).value();
    const auto first = fabric.open_lane(identity("one"), {}).value();
    const auto second = fabric.open_lane(identity("two"), {}).value();
    ASSERT_EQ(publish(*first, open(*first, "raw/a/")), SONDE_OK);
    ASSERT_EQ(publish(*second, open(*second, "raw/b/")), SONDE_OK);
    ASSERT_EQ(publish(*second, open(*second, "raw/c/")), SONDE_OK);
    EXPECT_EQ(drain(*reader), 3u);
    fabric.close_lane(first);
    fabric.close_lane(second);
}

TEST(Subscription, leaves_out_the_lanes_of_the_instance_it_is_told_to) {
    bus fabric(small_settings());
    const auto before = fabric.open_lane(identity("own"), {}).value();
    const std::uint32_t earlier = open(*before, "raw/a/");
    const auto reader = fabric.subscribe({"own", {"raw/"}, false, true, "own"}).value();
    const auto after = fabric.open_lane(identity("own"), {}).value();
    const auto other = fabric.open_lane(identity("other"), {}).value();
    const std::uint32_t later = open(*after, "raw/a/");
    ASSERT_EQ(publish(*before, earlier), SONDE_OK);
    ASSERT_EQ(publish(*after, later), SONDE_OK);
    ASSERT_EQ(publish(*other, open(*other, "raw/a/")), SONDE_OK);
    EXPECT_EQ(drain(*reader), 1u);
    EXPECT_FALSE(before->has_subscriber(earlier));
    EXPECT_FALSE(after->has_subscriber(later));
    fabric.unsubscribe(reader);
    EXPECT_FALSE(before->has_subscriber(earlier)) << "nobody was there to be taken off";
    for (const auto& each : {before, after, other}) {
        fabric.close_lane(each);
    }
}

TEST(Subscription, a_late_one_is_owed_nothing_from_before) {
    bus fabric(small_settings());
    const auto to = fabric.open_lane(identity(), {}).value();
    const std::uint32_t stream = open(*to, "raw/a/");
    ASSERT_EQ(publish(*to, stream), SONDE_OK);
    const auto late = fabric.subscribe({"late", {"raw/"}}).value();
    ASSERT_EQ(publish(*to, stream), SONDE_OK);
    to->flush();
    EXPECT_EQ(drain(*late), 1u);
    const totals all = sum(late->stats());
    EXPECT_EQ(all.delivered, 1u);
    EXPECT_EQ(all.lost, 0u);
    EXPECT_EQ(all.in_flight, 0u);
    fabric.close_lane(to);
}

TEST(Subscription, a_lossy_one_loses_the_newest_and_knows_exactly_how_much) {
    lane_settings settings = small_settings();
    bus fabric(settings);
    const auto to = fabric.open_lane(identity(), {}).value();
    const std::uint32_t stream = open(*to, "raw/a/");
    const auto stalled = fabric.subscribe({"stalled", {""}}).value();
    constexpr std::uint64_t items = 3000;
    for (std::uint64_t i = 0; i < items; ++i) {
        ASSERT_EQ(publish(*to, stream, 1000), SONDE_OK) << "a stalled lossy reader must not fill the lane";
    }
    to->flush();
    EXPECT_EQ(sum(stalled->stats()).in_flight, items);
    const std::uint64_t read = drain(*stalled);
    const totals all = sum(stalled->stats());
    EXPECT_GT(all.lost, 0u);
    EXPECT_EQ(all.delivered, read);
    EXPECT_EQ(all.delivered + all.lost, items) << "the loss at the tail is known without another batch";
    EXPECT_EQ(all.in_flight, 0u);
    EXPECT_EQ(to->stats().outstanding_bytes, 0u);
    fabric.close_lane(to);
}

// Lanes that close signal the reader while others send, so that sends are seen late: what is late is not lost.
TEST(Subscription, a_lossless_one_loses_nothing_while_lanes_come_and_go) {
    bus fabric(small_settings());
    const auto reader = fabric.subscribe({"reader", {"raw/"}, true}).value();
    constexpr int writers = 6;
    constexpr int rounds = 300;
    constexpr int items = 3;
    std::atomic<bool> stopping{false};
    std::uint64_t seen = 0;
    std::thread reading([&] {
        while (!stopping) {
            while (const auto batch = reader->receive(std::chrono::nanoseconds(0))) {
                seen += batch->view().item_count;
                reader->settle(*batch, true);
            }
        }
    });
    std::vector<std::thread> writing;
    writing.reserve(writers);
    for (int i = 0; i < writers; ++i) {
        writing.emplace_back([&, name = "w" + std::to_string(i)] {
            for (int round = 0; round < rounds; ++round) {
                const auto to = fabric.open_lane(identity(name), {}).value();
                const std::uint32_t stream = open(*to, "raw/a/");
                for (int item = 0; item < items; ++item) {
                    EXPECT_EQ(publish(*to, stream), SONDE_OK);
                    to->flush();
                }
                fabric.close_lane(to);
            }
        });
    }
    for (std::thread& each : writing) {
        each.join();
    }
    stopping = true;
    reading.join();
    seen += drain(*reader);
    const totals all = sum(reader->stats());
    EXPECT_EQ(all.lost, 0u);
    EXPECT_EQ(all.in_flight, 0u);
    EXPECT_EQ(all.delivered, seen);
    EXPECT_EQ(seen, std::uint64_t{writers} * rounds * items);
}

TEST(Subscription, wake_ends_a_wait) {
    bus fabric(small_settings());
    const auto reader = fabric.subscribe({"reader", {""}}).value();
    std::thread waker([&] { reader->wake(); });
    EXPECT_FALSE(reader->receive(std::chrono::nanoseconds(-1)));
    waker.join();
}

TEST(Subscription, a_retained_batch_stays_readable_and_holds_budget_until_released) {
    bus fabric(small_settings());
    auto to = fabric.open_lane(identity(), {}).value();
    const auto reader = fabric.subscribe({"reader", {""}}).value();
    ASSERT_EQ(publish(*to, open(*to, "raw/a/"), 100, 0, 'k'), SONDE_OK);
    sonde_batch kept{};
    {
        const auto batch = reader->receive(10s);
        ASSERT_TRUE(batch);
        kept = batch->view();
        batch_ref::retain(kept);
    }
    EXPECT_GT(to->stats().outstanding_bytes, 0u);
    std::string data;
    ASSERT_TRUE(
        batch_view(kept).for_each([&](auto envelope, std::uint64_t) { data = wire::reader(envelope).next()->text(); }));
    EXPECT_EQ(data, std::string(100, 'k'));
    batch_ref::release(kept);
    EXPECT_EQ(to->stats().outstanding_bytes, 0u);
    fabric.close_lane(to);
}

TEST(Subscription, totals_survive_the_end_of_lanes_and_subscriptions) {
    bus fabric(small_settings());
    const auto reader = fabric.subscribe({"reader", {""}}).value();
    for (int incarnation = 0; incarnation < 3; ++incarnation) {
        auto to = fabric.open_lane(identity(), {}).value();
        const std::uint32_t stream = open(*to, "raw/a/");
        ASSERT_EQ(publish(*to, stream), SONDE_OK);
        ASSERT_EQ(publish(*to, stream), SONDE_OK);
        fabric.close_lane(to);
        to.reset();
        EXPECT_EQ(drain(*reader), 2u);
    }
    EXPECT_EQ(reader->stats().positions.size(), 1u) << "positions of closed lanes are summed";
    const auto left = fabric.open_lane(identity(), {}).value();
    ASSERT_EQ(publish(*left, open(*left, "raw/a/")), SONDE_OK);
    fabric.unsubscribe(reader);
    fabric.close_lane(left);
    const auto now = fabric.snapshot();
    ASSERT_EQ(now.lanes.size(), 1u);
    EXPECT_EQ(now.lanes[0].streams.at(0).committed, 7u);
    ASSERT_EQ(now.subscriptions.size(), 1u);
    EXPECT_EQ(now.subscriptions[0].positions.at(0).delivered, 6u);
    EXPECT_EQ(now.subscriptions[0].positions.at(0).shutdown, 1u) << "what was still queued is counted";
}

TEST(Subscription, one_that_stands_for_somebody_new_is_announced_where_it_matches_and_nowhere_else) {
    bus fabric(small_settings());
    int raw = 0;
    int other = 0;
    int own = 0;
    auto first = fabric.open_lane(identity("first"), [&] { ++raw; });
    auto second = fabric.open_lane(identity("second"), [&] { ++other; });
    auto third = fabric.open_lane(identity("third"), [&] { ++own; });
    ASSERT_TRUE(first && second && third);
    open(**first, "raw/a/");
    open(**second, "event/a/");
    open(**third, "raw/b/");
    auto reader = fabric.subscribe({"reader", {"raw/"}, false, false, "third"});
    ASSERT_TRUE(reader);
    EXPECT_EQ(raw, 0);
    fabric.announce(**reader);
    EXPECT_EQ(raw, 1);
    EXPECT_EQ(other, 0);
    EXPECT_EQ(own, 0);
}

}  // namespace
}  // namespace sonde::bus
