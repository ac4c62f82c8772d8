// SPDX-License-Identifier: Apache-2.0
#include "observe/deltas.hpp"

#include <gtest/gtest.h>

namespace sonde::observe {
namespace {

using namespace std::chrono_literals;

class Deltas : public testing::Test {
protected:
    std::uint64_t* events() { return all_.cell("p", kind::counter, "sonde.p.events", "{event}", "Events.").cell; }

    std::uint64_t evicted() {
        std::map<std::string, family> families;
        std::uint64_t refused = 0;
        sample_sink into(families, refused);
        deltas_.sample(into);
        return static_cast<std::uint64_t>(families.at("sonde_check_evicted_clients_total").series.at({}));
    }

    registry all_;
    deltas deltas_{all_, 3};
};

TEST_F(Deltas, the_first_call_tells_all_since_the_start_and_a_second_one_nothing) {
    add(events(), 5);
    const changes first = deltas_.take("p", "a");
    EXPECT_TRUE(first.first);
    ASSERT_EQ(first.counters.size(), 1U);
    EXPECT_EQ(first.counters[0].name, "sonde.p.events");
    EXPECT_EQ(first.counters[0].by, 5U);
    const changes second = deltas_.take("p", "a");
    EXPECT_FALSE(second.first);
    EXPECT_TRUE(second.counters.empty());
}

TEST_F(Deltas, two_clients_never_steal_from_each_other) {
    add(events(), 5);
    EXPECT_EQ(deltas_.take("p", "a").counters.at(0).by, 5U);
    add(events(), 2);
    EXPECT_EQ(deltas_.take("p", "b").counters.at(0).by, 7U);
    EXPECT_EQ(deltas_.take("p", "a").counters.at(0).by, 2U);
    EXPECT_TRUE(deltas_.take("p", "b").counters.empty());
}

TEST_F(Deltas, says_how_long_the_client_was_away) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(deltas_.take("p", "a", start).elapsed, 0s);
    EXPECT_EQ(deltas_.take("p", "a", start + 15s).elapsed, 15s);
}

TEST_F(Deltas, series_that_appear_later_are_told_and_gauges_are_not) {
    set(all_.cell("p", kind::gauge, "sonde.p.depth", "", "Depth.").cell, 4);
    EXPECT_TRUE(deltas_.take("p", "a").counters.empty());
    add(all_.cell("p", kind::counter, "sonde.p.errors", "{error}", "Errors.", {{"reason", "x"}}).cell);
    const changes next = deltas_.take("p", "a");
    ASSERT_EQ(next.counters.size(), 1U);
    EXPECT_EQ(next.counters[0].with, labels({{"reason", "x"}}));
}

TEST_F(Deltas, a_restarted_owner_counts_from_zero) {
    add(events(), 100);
    static_cast<void>(deltas_.take("p", "a"));
    all_.release("p");
    add(events(), 3);
    const changes after = deltas_.take("p", "a");
    EXPECT_TRUE(after.first);
    EXPECT_EQ(after.counters.at(0).by, 3U);
}

TEST_F(Deltas, the_client_that_asked_longest_ago_leaves_and_is_counted) {
    add(events(), 1);
    for (const char* client : {"a", "b", "c", "a", "d"}) {
        static_cast<void>(deltas_.take("p", client));
    }
    EXPECT_EQ(evicted(), 1U);
    EXPECT_FALSE(deltas_.take("p", "a").first);
    EXPECT_TRUE(deltas_.take("p", "b").first);
}

TEST_F(Deltas, owners_have_their_own_clients) {
    add(events(), 1);
    add(all_.cell("q", kind::counter, "sonde.q.x", "", "X.").cell, 2);
    EXPECT_EQ(deltas_.take("p", "a").counters.at(0).by, 1U);
    EXPECT_EQ(deltas_.take("q", "a").counters.at(0).by, 2U);
    deltas_.forget("p");
    EXPECT_TRUE(deltas_.take("p", "a").first);
    EXPECT_FALSE(deltas_.take("q", "a").first);
}

}  // namespace
}  // namespace sonde::observe
