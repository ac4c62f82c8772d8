// SPDX-License-Identifier: Apache-2.0
#include "relay/letterbox.hpp"

#include <poll.h>

#include <thread>

#include <gtest/gtest.h>

namespace sonde::relay {
namespace {

using namespace std::chrono_literals;

class Letterbox : public ::testing::Test {
protected:
    Letterbox() { EXPECT_TRUE(box.start()); }

    outbox::verdict put(std::size_t size = 5, std::uint32_t items = 1) {
        const std::vector<std::uint8_t> body(size, 'x');
        return box.put({"raw/test/", items, body}, now);
    }
    [[nodiscard]] bool rang() const {
        pollfd ready{box.news().fd(), POLLIN, 0};
        const bool rings = ::poll(&ready, 1, 0) == 1;
        box.news().silence();
        return rings;
    }

    std::chrono::nanoseconds now = 100s;
    letterbox box{{.batch_events = 3, .flush_interval = 1s, .limit = 1000, .keep = 10s}, {"/none", "/none"}};
};

TEST_F(Letterbox, rings_when_the_courier_has_to_wait_for_something_else_than_before) {
    EXPECT_EQ(put(), outbox::verdict::taken);
    EXPECT_TRUE(rang());  // there is something due
    put();
    EXPECT_FALSE(rang());
    put();
    EXPECT_TRUE(rang());  // there is something to send
    put();
    EXPECT_TRUE(rang());  // the next one is due
    put();
    put();
    EXPECT_FALSE(rang());  // there was something to send already
}

TEST_F(Letterbox, closes_a_request_when_it_is_due) {
    put();
    EXPECT_EQ(box.turn(now).due, now + 1s);
    EXPECT_FALSE(box.next());
    EXPECT_EQ(box.turn(now + 1s).due, outbox::never);
    EXPECT_TRUE(box.next());
    EXPECT_TRUE(box.turn(now + 1s).is_under_way);
    box.acknowledge(1, now + 1s);
    const auto seen = box.turn(now + 1s);
    EXPECT_FALSE(seen.is_under_way);
    EXPECT_EQ(seen.delivered_events, 1U);
    EXPECT_EQ(seen.waiting_events, 0U);
}

TEST_F(Letterbox, remembers_a_loss_until_there_is_room_and_it_is_forgotten) {
    EXPECT_EQ(put(600, 3), outbox::verdict::taken);
    EXPECT_EQ(put(600, 3), outbox::verdict::full);
    EXPECT_FALSE(box.turn(now).has_caught_up);
    EXPECT_TRUE(box.next());
    box.acknowledge(1, now);
    EXPECT_TRUE(box.turn(now + 10s).has_caught_up);
    EXPECT_TRUE(box.turn(now + 10s).has_caught_up);
    box.forget_losses();
    EXPECT_FALSE(box.turn(now + 10s).has_caught_up);
}

TEST_F(Letterbox, drains_until_all_is_acknowledged) {
    put();
    EXPECT_FALSE(box.turn(now).is_under_way);
    std::thread other([&] {
        pollfd ready{box.news().fd(), POLLIN, 0};
        while (!box.next()) {
            ::poll(&ready, 1, 20);
        }
        box.acknowledge(1, now);
    });
    box.drain(20s);
    EXPECT_EQ(box.waiting_events(), 0U);
    other.join();
}

TEST_F(Letterbox, does_not_drain_for_longer_than_it_may) {
    put();
    box.drain(1ms);
    EXPECT_EQ(box.waiting_events(), 1U);
    box.drain(-1s);
    EXPECT_EQ(box.waiting_events(), 1U);
}

TEST_F(Letterbox, rings_when_it_is_closed) {
    EXPECT_FALSE(box.turn(now).is_closed);
    box.close();
    EXPECT_TRUE(rang());
    EXPECT_TRUE(box.turn(now).is_closed);
}

TEST_F(Letterbox, greets_with_the_facts_of_the_node_and_goes_on_with_the_session) {
    EXPECT_FALSE(box.turn(now).has_node);
    EXPECT_FALSE(box.knows_node());
    box.name_node({.source = {}, .instance = {}, .node_name = "node-7", .topic = {}, .source_version = {}});
    EXPECT_TRUE(box.turn(now).has_node);
    EXPECT_TRUE(box.knows_node());
    const auto read = [](const std::string& text) {
        return read_request({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    };
    const std::string text = box.greeting(1s);
    const auto greeting = read(text);
    ASSERT_TRUE(greeting);
    EXPECT_EQ(greeting->number, 0U);
    ASSERT_EQ(greeting->batches.size(), 1U);
    EXPECT_EQ(greeting->batches[0].topic, host_facts::topic);
    body facts;
    ASSERT_TRUE(facts.read(greeting->batches[0].body));
    EXPECT_EQ(facts.from().node_name, "node-7");
    put(5, 3);
    const auto request = box.next();
    ASSERT_TRUE(request);
    const auto events = read(*request);
    ASSERT_TRUE(events);
    EXPECT_EQ(events->number, 1U);
    EXPECT_EQ(events->session, greeting->session);
}

}  // namespace
}  // namespace sonde::relay
