// SPDX-License-Identifier: Apache-2.0
// When events go, what is sent again, and what is forgotten; all by a clock that the test turns.
#include "relay/outbox.hpp"

#include <gtest/gtest.h>

namespace sonde::relay {
namespace {

using namespace std::chrono_literals;

constexpr session_id session{};

class Outbox : public ::testing::Test {
protected:
    outbox_settings settings;
    std::optional<outbox> made;
    std::chrono::nanoseconds now = 1000s;

    outbox& box() { return made ? *made : made.emplace(settings, session); }
    outbox::verdict add(std::uint32_t events, std::size_t size = 10) {
        const std::vector<std::uint8_t> body(size * events);
        return box().add({"raw/test/", events, body}, now);
    }
    void pass(std::chrono::nanoseconds time) {
        now += time;
        box().turn(now);
    }
    // The numbers of the requests that go now.
    std::vector<std::uint64_t> go() {
        std::vector<std::uint64_t> numbers;
        while (const std::string* next = box().next()) {
            const auto read = read_request({reinterpret_cast<const std::uint8_t*>(next->data()), next->size()});
            numbers.push_back(read ? read->number : 0);
        }
        return numbers;
    }
};

using numbers = std::vector<std::uint64_t>;

TEST_F(Outbox, a_hundred_events_go_at_once) {
    for (int i = 0; i < 99; ++i) {
        ASSERT_EQ(add(1), outbox::verdict::taken);
    }
    EXPECT_FALSE(box().has_next());
    ASSERT_EQ(add(1), outbox::verdict::taken);
    EXPECT_EQ(go(), (numbers{1}));
    EXPECT_EQ(box().due(), outbox::never);
}

TEST_F(Outbox, ninety_nine_events_go_after_five_seconds) {
    for (int i = 0; i < 99; ++i) {
        ASSERT_EQ(add(1), outbox::verdict::taken);
        pass(1ms);
    }
    EXPECT_EQ(box().due(), 1000s + 5s);
    pass(5s - 99ms - 1ns);
    EXPECT_TRUE(go().empty());
    pass(1ns);
    EXPECT_EQ(go(), (numbers{1}));
}

TEST_F(Outbox, a_whole_batch_of_the_bus_is_not_cut) {
    ASSERT_EQ(add(99), outbox::verdict::taken);
    ASSERT_EQ(add(500), outbox::verdict::taken);
    EXPECT_EQ(go(), (numbers{1}));
    EXPECT_EQ(box().waiting_events(), 599U);
}

TEST_F(Outbox, requests_stay_below_the_limit_of_a_message) {
    settings.batch_events = 1000;
    ASSERT_EQ(add(1, outbox::request_size / 2), outbox::verdict::taken);
    ASSERT_EQ(add(1, outbox::request_size / 2), outbox::verdict::taken);
    EXPECT_EQ(go(), (numbers{1}));  // the second did not fit
    EXPECT_EQ(add(1, schema::message_limit), outbox::verdict::oversize);
}

TEST_F(Outbox, so_many_requests_are_under_way_and_no_more) {
    for (std::size_t i = 0; i < outbox::most_in_flight + 2; ++i) {
        ASSERT_EQ(add(100), outbox::verdict::taken);
    }
    EXPECT_EQ(go().size(), outbox::most_in_flight);
    EXPECT_TRUE(box().is_under_way());
    box().acknowledge(1, now);
    EXPECT_EQ(go(), (numbers{outbox::most_in_flight + 1}));
}

TEST_F(Outbox, a_new_call_begins_after_what_the_receiver_has) {
    for (int i = 0; i < 5; ++i) {
        ASSERT_EQ(add(100), outbox::verdict::taken);
    }
    ASSERT_EQ(go().size(), 5U);
    box().acknowledge(1, now);
    EXPECT_EQ(box().restart({3, true, false}, now), 2U);  // the answers to 2 and 3 were lost
    EXPECT_EQ(go(), (numbers{4, 5}));
    box().acknowledge(5, now);
    EXPECT_EQ(box().waiting_events(), 0U);
    EXPECT_EQ(box().delivered_events(), 500U);
}

TEST_F(Outbox, a_receiver_that_knows_nothing_gets_again_what_is_kept) {
    for (int i = 0; i < 4; ++i) {
        ASSERT_EQ(add(100), outbox::verdict::taken);
        go();
        box().acknowledge(static_cast<std::uint64_t>(i) + 1, now);
        pass(4s);
    }
    // 1 was acknowledged 16 s ago, 2 12 s ago.
    EXPECT_EQ(box().restart({0, false, true}, now), 2U);
    EXPECT_EQ(go(), (numbers{3, 4}));
    box().acknowledge(4, now);
    EXPECT_EQ(box().delivered_events(), 400U);  // none of them counts twice
}

TEST_F(Outbox, nothing_is_kept_without_keep) {
    settings.keep = 0s;
    ASSERT_EQ(add(100), outbox::verdict::taken);
    go();
    box().acknowledge(1, now);
    box().turn(now);
    EXPECT_EQ(box().size(), 0U);
    EXPECT_EQ(box().restart({0, false, true}, now), 0U);
    ASSERT_EQ(add(100), outbox::verdict::taken);
    EXPECT_EQ(go(), (numbers{2}));
}

TEST_F(Outbox, what_was_acknowledged_makes_room_and_what_was_not_does_not) {
    settings.limit = 100'000;
    ASSERT_EQ(add(100, 400), outbox::verdict::taken);
    ASSERT_EQ(add(100, 400), outbox::verdict::taken);
    go();
    EXPECT_EQ(add(100, 400), outbox::verdict::full);
    box().acknowledge(1, now);
    EXPECT_EQ(add(100, 400), outbox::verdict::taken);
    EXPECT_EQ(add(100, 400), outbox::verdict::full);
    EXPECT_LE(box().size(), settings.limit);
    EXPECT_EQ(box().restart({0, false, true}, now), 1U);
    EXPECT_EQ(go(), (numbers{2, 3}));
}

TEST_F(Outbox, numbers_that_were_never_sent_are_not_acknowledged) {
    ASSERT_EQ(add(100), outbox::verdict::taken);
    box().acknowledge(7, now);
    EXPECT_EQ(go(), (numbers{1}));
    box().acknowledge(7, now);
    EXPECT_EQ(box().delivered_events(), 100U);
    ASSERT_EQ(add(100), outbox::verdict::taken);
    EXPECT_EQ(go(), (numbers{2}));
}

}  // namespace
}  // namespace sonde::relay
