// SPDX-License-Identifier: Apache-2.0
#include "etcd/watch.hpp"

#include <gtest/gtest.h>

namespace sonde::etcd {
namespace {

constexpr std::uint64_t cluster = 1;

watch at(std::uint64_t revision) {
    watch made({"a", "b"}, begin_at::now);
    made.restore({cluster, revision});
    made.meet(cluster, revision);
    return made;
}

watch_response events(std::size_t count, bool has_more = false) {
    watch_response of;
    of.events = count;
    of.has_more_fragments = has_more;
    return of;
}

TEST(Watch, without_a_position_it_begins_now) {
    watch of({"a", "b"}, begin_at::now);
    of.meet(cluster, 41);
    EXPECT_FALSE(of.needs_listing());
    EXPECT_EQ(of.start_revision(), 42u);
    EXPECT_EQ(of.at(), (place{cluster, 41}));
}

TEST(Watch, or_with_all_there_is_and_no_gap) {
    watch of({"a", "b"}, begin_at::list);
    of.meet(cluster, 41);
    EXPECT_TRUE(of.needs_listing());
    EXPECT_FALSE(of.untold_gap());
    of.listed(43);
    EXPECT_FALSE(of.needs_listing());
    EXPECT_EQ(of.start_revision(), 44u);
}

TEST(Watch, goes_on_after_the_last_revision) {
    watch of({"a", "b"}, begin_at::list);
    of.restore({cluster, 40});
    of.meet(cluster, 99);
    EXPECT_FALSE(of.needs_listing());
    EXPECT_EQ(of.start_revision(), 41u);
}

TEST(Watch, a_revision_counts_when_its_last_event_has_been_told) {
    watch of = at(10);
    of.told(12);
    EXPECT_EQ(of.start_revision(), 12u);
    of.told(12);
    EXPECT_EQ(of.start_revision(), 12u);
    of.told(15);
    EXPECT_EQ(of.start_revision(), 15u);
    of.finished(events(3));
    EXPECT_EQ(of.start_revision(), 16u);
}

TEST(Watch, fragments_of_one_revision_are_waited_for) {
    watch of = at(10);
    of.told(12);
    of.finished(events(1, true));
    EXPECT_EQ(of.start_revision(), 12u);
    of.told(12);
    of.finished(events(1));
    EXPECT_EQ(of.start_revision(), 13u);
}

TEST(Watch, a_notice_of_progress_moves_it_and_a_creation_does_not) {
    watch of = at(10);
    watch_response notice;
    notice.header.revision = 50;
    notice.is_created = true;
    of.finished(notice);
    EXPECT_EQ(of.start_revision(), 11u);
    notice.is_created = false;
    of.finished(notice);
    EXPECT_EQ(of.start_revision(), 51u);
    notice.header.revision = 20;
    of.finished(notice);
    EXPECT_EQ(of.start_revision(), 51u);
}

TEST(Watch, a_compaction_is_one_gap_over_reconnects) {
    watch of = at(10);
    of.compacted(30);
    EXPECT_EQ(of.untold_gap(), (gap_facts{"compacted", 11, 30}));
    of.meet(cluster, 99);  // the connection was lost before it was told
    EXPECT_EQ(of.untold_gap(), (gap_facts{"compacted", 11, 30}));
    of.gap_told();
    of.meet(cluster, 100);  // and once more while it was listed
    EXPECT_FALSE(of.untold_gap());
    EXPECT_TRUE(of.needs_listing());
    of.listed(100);
    EXPECT_EQ(of.start_revision(), 101u);
}

TEST(Watch, another_cluster_is_a_gap) {
    watch of = at(10);
    of.meet(cluster + 1, 99);
    EXPECT_EQ(of.untold_gap(), (gap_facts{"other_cluster", 0, 0}));
    EXPECT_TRUE(of.needs_listing());
    of.gap_told();
    of.listed(99);
    of.meet(cluster + 1, 99);
    EXPECT_FALSE(of.needs_listing());
    EXPECT_EQ(of.at(), (place{cluster + 1, 99}));
}

TEST(Watch, a_store_that_went_back_is_a_gap_and_no_silence) {
    watch of = at(100);
    of.meet(cluster, 60);
    EXPECT_EQ(of.untold_gap(), (gap_facts{"went_back", 61, 0}));
    of.listed(60);
    EXPECT_EQ(of.start_revision(), 61u);
}

}  // namespace
}  // namespace sonde::etcd
