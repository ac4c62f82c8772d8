// SPDX-License-Identifier: Apache-2.0
// The family on a host that is none: sums go in, envelopes come out.
#include "ebpf/sync/sync_family.hpp"

#include <set>
#include <string_view>

#include <gtest/gtest.h>

#include <sonde/testing/fake_host.hpp>

#include "sample.hpp"
#include "sonde/v1/metric.pb.h"

namespace sonde::ebpf::sync {
namespace {

class SyncFamilyTest : public ::testing::Test {
protected:
    SyncFamilyTest() { EXPECT_TRUE(family.open(nothing)); }

    testing::fake_host host;
    bpf::session nothing = *bpf::session::load({});  // with no hooks nothing is asked of the kernel
    page shown;
    sync_family family{
        host.host(),
        {{}, std::chrono::seconds(10), "/nowhere", std::make_shared<process::cgroup_names>("", "/nowhere")},
        shown};
};

TEST_F(SyncFamilyTest, each_process_is_told_by_itself) {
    family.tell({sample(9, SONDE_SYNC_WRITE, {{0, 1}}), sample(5, SONDE_SYNC_FSYNC, {{0, 2}}),
                 sample(9, SONDE_SYNC_FSYNC, {{0, 3}})});
    const auto told = host.lane.envelopes(metric_topic);
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(told[0].pid, 5u);
    EXPECT_EQ(told[0].cgroup_id, 77u);
    EXPECT_EQ(told[0].content_type, "sonde.v1.MetricSet");
    EXPECT_EQ(told[1].pid, 9u);
    v1::MetricSet set;
    ASSERT_TRUE(set.ParseFromArray(told[1].data.data(), static_cast<int>(told[1].data.size())));
    ASSERT_EQ(set.metrics(0).points_size(), 2);
    EXPECT_EQ(set.metrics(0).points(0).histogram().count(), 3u);
    EXPECT_NE(shown.json().find(R"("pid":9)"), std::string::npos);
}

TEST_F(SyncFamilyTest, what_is_being_made_and_what_no_call_is_are_left_out) {
    auto unfinished = sample(5, SONDE_SYNC_FSYNC, {});
    unfinished.value.since = 0;
    auto unheard = sample(5, SONDE_SYNC_FSYNC, {{0, 1}});
    unheard.key.call = SONDE_SYNC_CALLS;
    family.tell({unfinished, unheard});
    EXPECT_TRUE(host.lane.envelopes(metric_topic).empty());
    EXPECT_EQ(shown.json(), "[]");
}

TEST_F(SyncFamilyTest, without_a_subscriber_only_the_page_is_kept) {
    host.lane.set_subscribed(false);
    family.tell({sample(5, SONDE_SYNC_FSYNC, {{0, 1}})});
    EXPECT_TRUE(host.lane.envelopes(metric_topic).empty());
    EXPECT_NE(shown.json(), "[]");
}

TEST_F(SyncFamilyTest, each_call_has_a_hook_for_its_begin_and_one_for_its_end_with_programs_of_their_own) {
    std::set<std::string_view> hooks;
    std::set<std::string_view> programs;
    for (const bpf::hook& each : family.hooks()) {
        EXPECT_TRUE(hooks.insert(each.name).second) << each.name;
        ASSERT_EQ(each.rungs.size(), 2u);
        for (const bpf::rung& rung : each.rungs) {
            EXPECT_TRUE(programs.insert(rung.program).second) << rung.program;
        }
    }
    EXPECT_EQ(hooks.size(), 2u * SONDE_SYNC_CALLS);
}

}  // namespace
}  // namespace sonde::ebpf::sync
