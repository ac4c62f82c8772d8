// SPDX-License-Identifier: Apache-2.0
// Network namespaces: type and message, action by action.
#include <gtest/gtest.h>

#include "decode_fixture.hpp"
#include "sonde/v1/event.pb.h"

namespace sonde::enrich_context::testing {
namespace {

struct action_row {
    v1::NetworkNamespaceEvent_Action action;
    verdict wanted;
    std::string_view type;
    std::string_view message;
};

TEST_F(Decode, names_each_change_of_network_namespaces) {
    const action_row rows[] = {
        {v1::NetworkNamespaceEvent_Action_ACTION_CREATED, verdict::event, "network.namespace.created",
         "from network namespace 4026531840 to 4026532000"},
        {v1::NetworkNamespaceEvent_Action_ACTION_ENTERED, verdict::event, "network.namespace.entered",
         "from network namespace 4026531840 to 4026532000"},
        {v1::NetworkNamespaceEvent_Action_ACTION_ENDED, verdict::event, "network.namespace.ended",
         "network namespace 4026531840 ended"},
        {v1::NetworkNamespaceEvent_Action_ACTION_UNSPECIFIED, verdict::malformed, "malformed", ""},
    };
    ASSERT_EQ(std::size(rows), static_cast<std::size_t>(v1::NetworkNamespaceEvent_Action_descriptor()->value_count()));
    for (const action_row& row : rows) {
        v1::NetworkNamespaceEvent event;
        event.set_action(row.action);
        event.set_previous_inode(4026531840);
        event.set_inode(4026532000);
        EXPECT_EQ(of("sonde.v1.NetworkNamespaceEvent", event), row.wanted) << row.type;
        EXPECT_EQ(said.type, row.type);
        EXPECT_EQ(said.message, row.message);
        EXPECT_EQ(said.severity, severity::info);
        EXPECT_EQ(said.to, row.wanted == verdict::event ? decode::domain::network : decode::domain::generic);
    }
    for (const int newer : {99, 0x7fffff03}) {
        v1::NetworkNamespaceEvent event;
        event.set_action(static_cast<v1::NetworkNamespaceEvent_Action>(newer));
        EXPECT_EQ(of("sonde.v1.NetworkNamespaceEvent", event), verdict::unknown) << newer;
        EXPECT_EQ(said.to, decode::domain::generic);
    }
}

}  // namespace
}  // namespace sonde::enrich_context::testing
