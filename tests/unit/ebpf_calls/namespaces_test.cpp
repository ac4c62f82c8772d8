// SPDX-License-Identifier: Apache-2.0
#include "ebpf/calls/namespaces.hpp"

#include <gtest/gtest.h>

#include <sonde_bpf/namespace.h>

#include "sample.hpp"
#include "sonde/v1/kernel_event.pb.h"

namespace sonde::ebpf::calls {
namespace {

using event_type = v1::NetworkNamespaceEvent;

sonde_namespace sample(sonde_namespace_call call) {
    sonde_namespace made{};
    made.caller = sample_caller();
    made.caller.network_namespace = 4026532000;
    made.before = 4026531840;
    made.call = call;
    return made;
}

TEST(Namespaces, each_call_is_told_with_the_namespace_before_and_after) {
    const std::tuple<sonde_namespace_call, event_type::Action, event_type::Call> rows[] = {
        {SONDE_NAMESPACE_CLONE, event_type::ACTION_CREATED, event_type::CALL_CLONE},
        {SONDE_NAMESPACE_UNSHARE, event_type::ACTION_CREATED, event_type::CALL_UNSHARE},
        {SONDE_NAMESPACE_SETNS, event_type::ACTION_ENTERED, event_type::CALL_SETNS},
    };
    for (const auto& [call, action, told_call] : rows) {
        call_desk desk(namespaces());
        const sonde_namespace change = sample(call);
        ASSERT_TRUE(desk.hand_in(&change, sizeof change));
        const auto told = desk.told();
        ASSERT_EQ(told.size(), 1u);
        EXPECT_EQ(told[0].content_type, "sonde.v1.NetworkNamespaceEvent");
        EXPECT_EQ(told[0].pid, 4321u);
        EXPECT_EQ(told[0].cgroup_id, 77u);
        EXPECT_EQ(told[0].network_namespace, 4026532000u);
        const auto event = payload_of<event_type>(told[0]);
        EXPECT_EQ(event.action(), action);
        EXPECT_EQ(event.call(), told_call);
        EXPECT_EQ(event.previous_inode(), 4026531840u);
        EXPECT_EQ(event.inode(), 4026532000u);
        EXPECT_EQ(event.tid(), 4322u);
        EXPECT_EQ(event.name(), "worker/1");
    }
}

TEST(Namespaces, an_end_is_nobodys) {
    call_desk desk(namespaces());
    sonde_namespace change{};
    change.before = 4026532000;
    ASSERT_TRUE(desk.hand_in(&change, sizeof change));
    const auto told = desk.told();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].pid, 0u);
    EXPECT_EQ(told[0].network_namespace, 0u);
    const auto event = payload_of<event_type>(told[0]);
    EXPECT_EQ(event.action(), event_type::ACTION_ENDED);
    EXPECT_EQ(event.call(), event_type::CALL_UNSPECIFIED);
    EXPECT_EQ(event.previous_inode(), 4026532000u);
    EXPECT_EQ(event.inode(), 0u);
    EXPECT_EQ(event.name(), "");
}

TEST(Namespaces, what_is_short_or_of_no_such_call_is_no_change) {
    call_desk desk(namespaces());
    sonde_namespace change = sample(SONDE_NAMESPACE_SETNS);
    EXPECT_FALSE(desk.hand_in(&change, sizeof change - 1));
    change.call = SONDE_NAMESPACE_SETNS + 1;
    EXPECT_FALSE(desk.hand_in(&change, sizeof change));
    EXPECT_TRUE(desk.told().empty());
}

}  // namespace
}  // namespace sonde::ebpf::calls
