// SPDX-License-Identifier: Apache-2.0
#include "etcd/member_facts.hpp"

#include <gtest/gtest.h>

namespace sonde::etcd {
namespace {

member_facts answered(std::uint64_t id, std::uint64_t index, std::uint64_t applied) {
    member_facts of;
    of.is_reachable = true;
    of.status.header.member_id = id;
    of.status.raft_index = index;
    of.status.raft_applied_index = applied;
    return of;
}

TEST(MemberFacts, lag_is_behind_the_furthest_index_of_all) {
    std::vector<member_facts> all{answered(1, 100, 100), answered(2, 90, 80), answered(3, 0, 0)};
    all[2].is_reachable = false;
    compare(all, {{1, "m0", {}, false}, {2, "m1", {}, false}, {3, "m2", {}, false}});
    EXPECT_EQ(all[0].raft_lag, 0u);
    EXPECT_EQ(all[1].raft_lag, 20u);
    EXPECT_EQ(all[2].raft_lag, 0u);
    EXPECT_EQ(all[1].name, "m1");
    EXPECT_EQ(all[1].members, 3u);
}

TEST(MemberFacts, alarms_are_those_of_the_member) {
    const std::vector<std::string> errors{"memberID:12 alarm:NOSPACE ", "memberID:123 alarm:CORRUPT ",
                                          "etcdserver: no leader"};
    EXPECT_EQ(alarms_of(12, errors), std::vector<std::string>{"NOSPACE"});
    EXPECT_EQ(alarms_of(123, errors), std::vector<std::string>{"CORRUPT"});
    EXPECT_TRUE(alarms_of(1, errors).empty());
}

}  // namespace
}  // namespace sonde::etcd
