// SPDX-License-Identifier: Apache-2.0
#include "run/state.hpp"

#include <map>
#include <set>

#include <gtest/gtest.h>

namespace {

using namespace sonde::run;

// Written from the meaning of states and events: an instance is launched from rest; a launch ends in running, failed
// or, if it is late, wedged; whatever is told to stop drains until it has stopped or is late; what it says meanwhile
// changes nothing; what ended by itself is failed and stays so while it is taken down.
const std::map<std::pair<state, event>, state> expected{
    {{state::disabled, event::launch}, state::starting},  {{state::waiting, event::launch}, state::starting},
    {{state::stopped, event::launch}, state::starting},   {{state::failed, event::launch}, state::starting},
    {{state::wedged, event::launch}, state::starting},

    {{state::starting, event::started}, state::running},  {{state::starting, event::start_failed}, state::failed},
    {{state::starting, event::quiesce}, state::draining}, {{state::starting, event::overdue}, state::wedged},

    {{state::running, event::ended}, state::failed},      {{state::running, event::quiesce}, state::draining},

    {{state::draining, event::started}, state::draining}, {{state::draining, event::start_failed}, state::draining},
    {{state::draining, event::ended}, state::draining},   {{state::draining, event::stopped}, state::stopped},
    {{state::draining, event::overdue}, state::wedged},

    {{state::failed, event::quiesce}, state::draining},   {{state::failed, event::stopped}, state::failed},
    {{state::failed, event::overdue}, state::wedged},
};

TEST(State, every_pair_of_state_and_event_leads_where_it_should_or_nowhere) {
    for (std::size_t s = 0; s < state_count; ++s) {
        for (std::size_t e = 0; e < event_count; ++e) {
            const std::pair pair{static_cast<state>(s), static_cast<event>(e)};
            const auto wanted = expected.find(pair);
            const auto got = next(pair.first, pair.second);
            const std::string what = std::string(name(pair.first)) + " + " + std::string(name(pair.second));
            if (wanted == expected.end()) {
                EXPECT_FALSE(got) << what << " must be illegal";
            } else {
                ASSERT_TRUE(got) << what << " must be legal";
                EXPECT_EQ(name(*got), name(wanted->second)) << what;
            }
        }
    }
}

TEST(State, every_state_can_be_reached_and_left) {
    std::set<state> reached{state::disabled, state::waiting};  // set from the configuration
    std::set<state> left;
    for (const auto& [pair, to] : expected) {
        if (pair.first != to) {
            reached.insert(to);
            left.insert(pair.first);
        }
    }
    EXPECT_EQ(reached.size(), state_count);
    EXPECT_EQ(left.size(), state_count);
}

TEST(State, names_are_unique_and_not_empty) {
    std::set<std::string_view> names;
    for (std::size_t s = 0; s < state_count; ++s) {
        EXPECT_FALSE(name(static_cast<state>(s)).empty());
        names.insert(name(static_cast<state>(s)));
    }
    EXPECT_EQ(names.size(), state_count);
    names.clear();
    for (std::size_t e = 0; e < event_count; ++e) {
        EXPECT_FALSE(name(static_cast<event>(e)).empty());
        names.insert(name(static_cast<event>(e)));
    }
    EXPECT_EQ(names.size(), event_count);
}

}  // namespace
