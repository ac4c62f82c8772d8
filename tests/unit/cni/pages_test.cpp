// SPDX-License-Identifier: Apache-2.0
#include "cni/pages.hpp"

#include <gtest/gtest.h>

namespace sonde::cni {
namespace {

using namespace std::chrono_literals;

part_list all(const common::part_state& logs, const common::part_state& others) {
    return {
        {{"logs", &logs}, {"config", &others}, {"results", &others}, {"network", &others}, {"operations", &others}}};
}

TEST(CniPages, waiting_and_switched_off_parts_are_well) {
    const common::part_state waiting{common::part_health::waiting, "no_log", "there is none"};
    const common::part_state off{common::part_health::off, "", ""};
    EXPECT_TRUE(judge(all(waiting, off)).is_ok);
}

TEST(CniPages, a_part_that_limps_is_named) {
    const common::part_state limping{common::part_health::limping, "log_unreadable", "permission denied"};
    const common::part_state works{common::part_health::working, "", ""};
    const health_report report = judge(all(limping, works));
    EXPECT_FALSE(report.is_ok);
    EXPECT_EQ(report.reason, "log_unreadable");
    EXPECT_EQ(report.text, "logs: permission denied");
    const std::string page = check_json(all(limping, works));
    EXPECT_NE(page.find(R"({"ok":false,"reason":"log_unreadable","logs":{"state":"limping")"), std::string::npos)
        << page;
}

TEST(CniPages, pools_and_operations_are_lists) {
    EXPECT_EQ(pools_json({}), "[]\n");
    EXPECT_EQ(pools_json({{"net", "10.0.0.0/24", 3, 253}, {"other", "", 1, 0}}),
              "[{\"network\":\"net\",\"subnet\":\"10.0.0.0/24\",\"used\":3,\"size\":253},\n"
              "{\"network\":\"other\",\"used\":1}]\n");
    latency_table table;
    table.add("bridge", schema::operation::add, 4ns, true);
    EXPECT_EQ(operations_json(table), "[{\"plugin\":\"bridge\",\"operation\":\"ADD\",\"runs\":1,\"failures\":1,"
                                      "\"mean_ns\":4,\"p50_below_ns\":4,\"p95_below_ns\":4,\"longest_ns\":4}]\n");
}

}  // namespace
}  // namespace sonde::cni
