// SPDX-License-Identifier: Apache-2.0
#include "etcd/pages.hpp"

#include <gtest/gtest.h>

namespace sonde::etcd {
namespace {

const common::part_state working{common::part_health::working, "", "watching"};
const common::part_state lost{common::part_health::missing, "unreachable", "cannot reach it"};
const common::part_state alarmed{common::part_health::limping, "alarm_nospace", "it is full"};

TEST(EtcdPages, health_follows_from_both_halves) {
    EXPECT_TRUE(judge(working, working).is_ok);
    EXPECT_TRUE(judge(working, {common::part_health::off, "", ""}).is_ok);
    EXPECT_EQ(judge(working, alarmed), (health_report{false, "alarm_nospace", "it is full"}));
    EXPECT_EQ(judge(lost, alarmed), (health_report{false, "unreachable", "cannot reach it"}));
    EXPECT_EQ(judge({common::part_health::limping, "position_not_kept", "x"}, working).reason, "position_not_kept");
}

TEST(EtcdPages, check_names_endpoint_ranges_and_revisions) {
    const key_range keys{"/registry/", std::string(no_end)};
    EXPECT_EQ(
        check_json({&working, &alarmed, "http://h:1", 0xdf31, {{&keys, 42}}}),
        "{\"ok\":false,\"reason\":\"alarm_nospace\",\"text\":\"it is full\","
        "\"watch\":{\"state\":\"working\",\"text\":\"watching\",\"endpoint\":\"http://h:1\",\"cluster_id\":\"df31\","
        "\"ranges\":[{\"begin\":\"/registry/\",\"end\":\"\\u0000\",\"revision\":42}]},"
        "\"status\":{\"state\":\"limping\",\"reason\":\"alarm_nospace\",\"text\":\"it is full\"}}\n");
}

TEST(EtcdPages, members_with_ids_as_etcdctl_writes_them) {
    member_facts of;
    of.endpoint = "http://h:1";
    of.is_reachable = true;
    of.status.header.member_id = 0x8e9e05c52164694d;
    of.status.leader_id = of.status.header.member_id;
    of.alarms = {"NOSPACE"};
    const std::string page = members_json({of}, {{0x8e9e05c52164694d, "m0", {"http://h:1", "http://i:1"}, true}});
    EXPECT_NE(page.find("\"id\":\"8e9e05c52164694d\""), std::string::npos);
    EXPECT_NE(page.find("\"leader\":true"), std::string::npos);
    EXPECT_NE(page.find("\"alarm\":\"NOSPACE\""), std::string::npos);
    EXPECT_NE(page.find("\"url\":\"http://h:1\",\"further_url\":\"http://i:1\""), std::string::npos);
}

}  // namespace
}  // namespace sonde::etcd
