// SPDX-License-Identifier: Apache-2.0
// Collectors that subscribe: batches come inside their own loop, never their own, and every item is accounted for.
#include <algorithm>

#include "world.hpp"

namespace sonde::run::test {
namespace {

constexpr std::string_view both = "[[collectors]]\ntype = \"source\"\n[[collectors]]\ntype = \"relay\"\n";

class Listener : public World {
protected:
    // What the relay forwarded can be read by others, but not by itself.
    [[nodiscard]] bool is_settled(std::uint64_t items) {
        const account so_far = accounted("relay");
        return so_far.delivered + so_far.failed + so_far.lost == items && so_far.in_flight == 0;
    }
};

TEST_F(Listener, gets_batches_of_others_and_keeps_its_own_loop) {
    start(both);
    of("source").publish(50);
    ASSERT_TRUE(until([&] { return of("relay").items == 50; })) << log();
    of("relay").publish(3);  // wakes its own descriptor
    ASSERT_TRUE(until([&] { return of("relay").published == 53; }));
    EXPECT_EQ(of("relay").taken().size(), 50u);
    EXPECT_TRUE(is_settled(50));
}

TEST_F(Listener, never_gets_what_it_published_itself_though_the_topic_matches) {
    start(std::string(both) + "[[encoders]]\ntype = \"sink\"\n");
    of("source").publish(20);
    ASSERT_TRUE(until([&] { return of("sink").items == 40; })) << "20 of the source and 20 of the relay";
    EXPECT_EQ(of("relay").items, 20u);
    EXPECT_EQ(subscribers_of("relay"), 1u) << "the sink alone";
}

TEST_F(Listener, what_is_left_over_by_one_delivery_comes_with_the_next_without_news) {
    start(both);
    of("relay").at_consume.close();
    of("source").publish(1);
    ASSERT_TRUE(until([&] { return of("relay").at_consume.waiting() == 1; }));
    // Many batches wait when the one in hand is let go; it takes two at a time.
    for (std::uint64_t sent = 2; sent <= 12; ++sent) {
        of("source").publish(1);
        ASSERT_TRUE(until([&] { return sealed_of("source") == sent; }));
    }
    of("relay").at_consume.open();
    ASSERT_TRUE(until([&] { return of("relay").items == 12; }));
    EXPECT_TRUE(is_settled(12));
}

TEST_F(Listener, a_failing_consume_is_counted_as_for_every_consumer) {
    of("relay").broken = fault::fails_consume;
    start(both);
    of("source").publish(7);
    ASSERT_TRUE(until([&] { return accounted("relay").failed == 7; })) << log();
    EXPECT_EQ(state_of("relay"), state::running);
    EXPECT_EQ(accounted("relay").delivered, 0u);
}

TEST_F(Listener, a_slow_one_loses_batches_and_every_item_is_counted) {
    start(both);
    of("relay").at_consume.close();
    of("source").publish(2'000);
    ASSERT_TRUE(until([&] { return sealed_of("source") == 2'000; })) << "it holds nobody up";
    of("relay").at_consume.open();
    ASSERT_TRUE(until([&] { return is_settled(2'000); }));
    EXPECT_EQ(accounted("relay").delivered, of("relay").items);
    EXPECT_GT(accounted("relay").lost, 0u);
}

TEST_F(Listener, starts_over_with_a_queue_of_its_own_and_is_announced_again) {
    start(both);
    of("source").publish(1);
    ASSERT_TRUE(until([&] { return of("relay").items == 1; }));
    const int announced = of("source").announcements;
    ASSERT_EQ(restart("relay"), "");
    ASSERT_TRUE(until([&] { return of("source").announcements > announced; })) << "so that it hears the state again";
    of("source").publish(1);
    ASSERT_TRUE(until([&] { return of("relay").items == 2; }));
    stop();
    EXPECT_EQ(of("relay").alive, 0);
    const account all = accounted("relay");
    EXPECT_EQ(all.delivered + all.lost + all.shutdown, sealed_of("source"));
}

}  // namespace
}  // namespace sonde::run::test
