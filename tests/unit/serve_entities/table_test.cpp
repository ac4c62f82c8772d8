// SPDX-License-Identifier: Apache-2.0
#include "serve_entities/table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonde/testing/fake_host.hpp>

#include "entity_client/samples.hpp"

namespace sonde::serve_entities {
namespace {

using namespace common::entities;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EntityTable : public ::testing::Test {
protected:
    // What follows from the events, as "set pod:1", "unset pod:1".
    std::vector<std::string> take(const std::vector<v1::EntityEvent>& events, table::source_id from = 0) {
        std::vector<entity_ptr> changes;
        for (const auto& each : events) {
            all.take(parsed(each), from, changes);
        }
        std::vector<std::string> lines;
        for (const auto& each : changes) {
            lines.push_back((each->action == action::set ? "set " : "unset ") + each->key);
        }
        return lines;
    }
    static v1::EntityEvent synced(v1::EntityKind kind) {
        v1::EntityEvent event;
        event.set_action(v1::EntityEvent::ACTION_SYNCED);
        event.set_kind(kind);
        return event;
    }
    testing::fake_host host;
    meters counted{host.host()};
    table all{4, counted};
    table::source_id one = all.source("one");
    table::source_id two = all.source("two");
};

TEST_F(EntityTable, equal_values_and_unknown_deletions_are_silent) {
    EXPECT_THAT(take({pod("1"), pod("1", "Running", 5), pod("1", "Failed", 6), deleted(pod("2"))}),
                ElementsAre("set pod:1", "set pod:1"));
    EXPECT_THAT(take({deleted(pod("1")), deleted(pod("1"))}), ElementsAre("unset pod:1"));
    EXPECT_EQ(host.metrics.value("serve_entities.events", {{"result", "silent"}}), 3);
    EXPECT_EQ(all.revision(), 6u);
}

TEST_F(EntityTable, whoever_had_the_pid_before_is_deleted_first) {
    EXPECT_THAT(take({process(7, 100)}), ElementsAre("set process:host-a/7/100"));
    EXPECT_THAT(take({process(7, 200)}), ElementsAre("unset process:host-a/7/100", "set process:host-a/7/200"));
    // What comes late of the old one is no news.
    EXPECT_THAT(take({process(7, 100, "late"), deleted(process(7, 100))}), IsEmpty());
    EXPECT_THAT(take({process(70, 1)}), ElementsAre("set process:host-a/70/1"));
    EXPECT_THAT(take({deleted(process(7, 200)), process(7, 50)}),
                ElementsAre("unset process:host-a/7/200", "set process:host-a/7/50"));
}

TEST_F(EntityTable, what_a_whole_snapshot_does_not_tell_is_gone) {
    EXPECT_THAT(take({pod("1"), pod("2"), process(7, 1), synced(v1::ENTITY_KIND_POD)}, one),
                ElementsAre("set pod:1", "set pod:2", "set process:host-a/7/1"));
    EXPECT_TRUE(all.is_synced(entity_kind::pod));
    EXPECT_FALSE(all.is_synced(entity_kind::process));
    static_cast<void>(take({pod("3")}, two));
    // Neither what another source told nor another kind.
    EXPECT_THAT(take({pod("2"), synced(v1::ENTITY_KIND_POD)}, one), ElementsAre("unset pod:1"));
}

TEST_F(EntityTable, a_snapshot_with_a_gap_deletes_nothing_and_the_next_one_does) {
    static_cast<void>(take({pod("1"), synced(v1::ENTITY_KIND_POD)}, one));
    all.note_gap(one);
    EXPECT_THAT(take({synced(v1::ENTITY_KIND_POD)}, one), IsEmpty());
    EXPECT_THAT(take({synced(v1::ENTITY_KIND_POD)}, one), ElementsAre("unset pod:1"));
}

TEST_F(EntityTable, what_a_source_told_before_it_restarted_is_gone_unless_it_is_told_again) {
    static_cast<void>(take({pod("1"), pod("2")}, one));
    all.note_restart(one);
    EXPECT_THAT(take({pod("2"), synced(v1::ENTITY_KIND_POD)}, one), ElementsAre("unset pod:1"));
}

TEST_F(EntityTable, beyond_the_limit_new_ones_are_left_out_and_counted) {
    static_cast<void>(take({pod("1"), pod("2"), pod("3"), pod("4")}));
    EXPECT_TRUE(all.is_full());
    EXPECT_THAT(take({pod("5"), pod("4", "Failed")}), ElementsAre("set pod:4"));
    EXPECT_EQ(host.metrics.value("serve_entities.events", {{"result", "full"}}), 1);
    EXPECT_THAT(take({deleted(pod("1")), pod("5")}), ElementsAre("unset pod:1", "set pod:5"));
}

TEST_F(EntityTable, a_filter_finds_by_kind_and_prefix) {
    static_cast<void>(take({pod("a1"), pod("a2"), pod("b"), process(7, 1)}));
    const auto keys = [&](const entity_filter& filter) {
        std::vector<std::string> found;
        for (const auto& each : all.matching(filter)) {
            found.push_back(each->key);
        }
        return found;
    };
    EXPECT_THAT(keys({{}, "pod:a"}), ElementsAre("pod:a1", "pod:a2"));
    EXPECT_THAT(keys({{entity_kind::process}, ""}), ElementsAre("process:host-a/7/1"));
    EXPECT_THAT(keys({{entity_kind::process}, "pod:"}), IsEmpty());
    EXPECT_EQ(keys({}).size(), 4u);
}

}  // namespace
}  // namespace sonde::serve_entities
