// SPDX-License-Identifier: Apache-2.0
// What a kubelet says, and the conditions in it: each once when it begins and once when it ends.
#include "k8s/kubelet_conditions.hpp"

#include <gtest/gtest.h>

namespace sonde::k8s {
namespace {

std::string pods(std::string_view status, std::string_view limits = "{}") {
    return R"({"kind":"PodList","items":[{"metadata":{"name":"web","namespace":"shop","uid":"u1"},"spec":{"containers":
        [{"name":"main","resources":{"limits":)" +
           std::string(limits) + R"(}}]},"status":)" + std::string(status) + "}]}";
}

std::string containers(std::string_view one) {
    return R"({"phase":"Running","conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[)" +
           std::string(one) + "]}";
}

class Conditions : public ::testing::Test {
protected:
    void look(const std::string& text) {
        const auto read = read_pods(text);
        ASSERT_TRUE(read);
        book_.take_pods(*read);
    }
    void measure(std::string_view node, std::string_view pod) {
        const auto read = read_summary(R"({"node":)" + std::string(node) +
                                       R"(,"pods":[{"podRef":{"name":"web","namespace":"shop","uid":"u1"},)" +
                                       std::string(pod) + "}]}");
        ASSERT_TRUE(read);
        book_.take_summary(*read);
    }
    std::vector<condition_event> told() { return std::exchange(told_, {}); }
    std::vector<condition_event> told_;
    condition_book book_{[this](const condition_event& event) { told_.push_back(event); }};
};

TEST_F(Conditions, a_waiting_container_is_told_once_and_its_end_too) {
    const std::string waiting = pods(containers(
        R"({"name":"main","restartCount":0,"state":{"waiting":{"reason":"ImagePullBackOff","message":"no image"}}})"));
    look(waiting);
    look(waiting);
    auto events = told();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].what, condition::container_waiting);
    EXPECT_EQ(events[0].reason, "ImagePullBackOff");
    EXPECT_EQ(events[0].pod_uid, "u1");
    look(pods(containers(R"({"name":"main","restartCount":0,"state":{"running":{}}})")));
    events = told();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_TRUE(events[0].has_ended);
    EXPECT_EQ(book_.size(), 0U);
}

TEST_F(Conditions, each_failed_end_is_told_once_and_a_clean_one_never) {
    const auto ended = [](std::string_view id, int code, std::string_view state) {
        return pods(containers(R"({"name":"main","restartCount":1,")" + std::string(state) +
                               R"(":{"terminated":{"exitCode":)" + std::to_string(code) +
                               R"(,"reason":"Error","containerID":"containerd://)" + std::string(id) + R"("}}})"));
    };
    look(ended("a", 1, "state"));
    look(ended("a", 1, "lastState"));
    look(ended("b", 137, "lastState"));
    look(ended("c", 0, "lastState"));
    const auto events = told();
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0].container_id, "a");
    EXPECT_EQ(events[1].exit_code, 137);
}

TEST_F(Conditions, more_than_three_restarts_are_a_crash_loop) {
    for (int restarts = 0; restarts < 6; ++restarts) {
        look(pods(containers(R"({"name":"main","restartCount":)" + std::to_string(restarts) + "}")));
    }
    const auto events = told();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].what, condition::crash_loop);
    EXPECT_EQ(events[0].restarts, 4U);
}

TEST_F(Conditions, a_pod_that_is_not_ready_is_told_unless_it_is_done) {
    const auto in_phase = [](std::string_view phase) {
        return pods(R"({"phase":")" + std::string(phase) +
                    R"(","conditions":[{"type":"Ready","status":"False","reason":"ContainersNotReady"}]})");
    };
    look(in_phase("Succeeded"));
    EXPECT_TRUE(told().empty());
    look(in_phase("Running"));
    const auto events = told();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].what, condition::pod_not_ready);
    EXPECT_EQ(events[0].reason, "ContainersNotReady");
}

TEST_F(Conditions, use_is_compared_with_the_limits_of_the_pod) {
    look(pods(containers(R"({"name":"main"})"), R"({"memory":"100Mi","cpu":"500m","ephemeral-storage":"1Gi"})"));
    const auto use = [](int megabytes, int millicores, int disk) {
        return R"("containers":[{"name":"main","cpu":{"usageNanoCores":)" + std::to_string(millicores) +
               R"(000000},"memory":{"workingSetBytes":)" + std::to_string(megabytes * 1048576) +
               R"(}}],"ephemeral-storage":{"usedBytes":)" + std::to_string(disk) + "000000}";
    };
    measure("{}", use(90, 475, 500));
    EXPECT_TRUE(told().empty());
    measure("{}", use(91, 476, 540));
    const auto events = told();
    ASSERT_EQ(events.size(), 3U);
    EXPECT_EQ(events[0].what, condition::ephemeral_storage);
    EXPECT_EQ(events[1].what, condition::memory_near_limit);
    EXPECT_EQ(events[1].limit, 104857600U);
    EXPECT_EQ(events[2].what, condition::cpu_near_limit);
    measure("{}", use(50, 100, 100));
    EXPECT_EQ(told().size(), 3U) << "all three have ended";
}

TEST_F(Conditions, a_node_without_memory_is_under_pressure) {
    measure(R"({"memory":{"availableBytes":8000000000,"workingSetBytes":8000000000}})", R"("x":1)");
    EXPECT_TRUE(told().empty());
    measure(R"({"memory":{"availableBytes":400000000,"workingSetBytes":15600000000}})", R"("x":1)");
    ASSERT_EQ(told().size(), 1U);
    book_.tell_all();
    EXPECT_EQ(told().at(0).what, condition::node_memory_pressure);
}

TEST(KubeletDocuments, missing_statistics_are_absent_and_not_zero) {
    const auto read = read_summary(R"({"node":{"nodeName":"a"},"pods":[{"podRef":{"name":"p"}},{"containers":null}]})");
    ASSERT_TRUE(read);
    EXPECT_FALSE(read->node.memory_working_set);
    EXPECT_EQ(read->pods.size(), 2U);
    EXPECT_FALSE(read->pods[0].cpu_nano_cores);
    EXPECT_FALSE(read_summary("[]"));
    EXPECT_FALSE(read_pods("{\"items\":["));
    EXPECT_TRUE(read_pods(R"({"items":[{"metadata":{"name":"fresh"}}]})").value().front().containers.empty());
}

TEST(Quantity, has_decimal_and_binary_suffixes) {
    EXPECT_EQ(parse_quantity("128Mi", 0), 134217728U);
    EXPECT_EQ(parse_quantity("250m", 9), 250'000'000U);
    EXPECT_EQ(parse_quantity("1", 9), 1'000'000'000U);
    EXPECT_EQ(parse_quantity("1.5G", 0), 1'500'000'000U);
    EXPECT_EQ(parse_quantity("1e3", 0), 1000U);
    for (const char* wrong : {"", "Mi", "-1", "1Xi", "1 Mi", "nan"}) {
        EXPECT_FALSE(parse_quantity(wrong, 0)) << wrong;
    }
}

}  // namespace
}  // namespace sonde::k8s
