// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/pipeline/event_shelf.hpp"

#include <gtest/gtest.h>

namespace sonde::enrich_context::pipeline {
namespace {

kept_event event(std::uint64_t order, std::size_t size = 10) {
    kept_event made;
    made.order = order;
    made.body.assign(size, static_cast<std::uint8_t>(order));
    return made;
}

std::vector<std::uint64_t> orders(const event_shelf& of) {
    std::vector<std::uint64_t> all;
    for (auto at = of.first(); at != event_shelf::none; at = of.next(at)) {
        all.push_back(of.at(at).order);
    }
    return all;
}

TEST(EventShelf, keeps_the_order_of_arrival_when_one_in_the_middle_goes) {
    event_shelf shelf(8, 1000);
    for (const std::uint64_t each : {1u, 2u, 1u, 3u}) {
        auto made = event(each);
        ASSERT_TRUE(shelf.add(made));
        EXPECT_TRUE(made.body.empty());
    }
    kept_event out;
    shelf.take(shelf.first_of(2), out);
    EXPECT_EQ(out.order, 2u);
    EXPECT_EQ(out.body.size(), 10u);
    EXPECT_EQ(orders(shelf), (std::vector<std::uint64_t>{1, 1, 3}));
    EXPECT_EQ(shelf.first_of(1), shelf.first());
    shelf.take(shelf.first(), out);
    EXPECT_EQ(shelf.first_of(1), shelf.first());
    shelf.take(shelf.first(), out);
    EXPECT_EQ(shelf.first_of(1), event_shelf::none);
    EXPECT_EQ(orders(shelf), (std::vector<std::uint64_t>{3}));
}

TEST(EventShelf, is_bounded_by_count_and_by_bytes) {
    event_shelf by_count(2, 1000);
    event_shelf by_bytes(100, 25);
    for (int i = 0; i < 2; ++i) {
        auto one = event(1);
        auto two = event(1);
        ASSERT_TRUE(by_count.add(one));
        ASSERT_TRUE(by_bytes.add(two));
    }
    auto third = event(1);
    EXPECT_FALSE(by_count.add(third));
    EXPECT_EQ(third.body.size(), 10u) << "what finds no room stays with its owner";
    EXPECT_FALSE(by_bytes.add(third));
    EXPECT_EQ(by_bytes.bytes(), 20u);
    kept_event out;
    by_bytes.take(by_bytes.first(), out);
    EXPECT_TRUE(by_bytes.add(third));
}

TEST(EventShelf, tells_orders_apart_that_share_a_bucket) {
    event_shelf shelf(4, 1000);
    for (const std::uint64_t each : {4u, 8u, 12u}) {
        auto made = event(each);
        ASSERT_TRUE(shelf.add(made));
    }
    EXPECT_EQ(shelf.at(shelf.first_of(8)).order, 8u);
    EXPECT_EQ(shelf.first_of(16), event_shelf::none);
    kept_event out;
    shelf.take(shelf.first_of(4), out);
    shelf.take(shelf.first_of(12), out);
    EXPECT_EQ(shelf.first_of(8), shelf.first());
    EXPECT_EQ(shelf.size(), 1u);
}

}  // namespace
}  // namespace sonde::enrich_context::pipeline
