// SPDX-License-Identifier: Apache-2.0
#include "ebpf/features.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sonde/testing/fake_host.hpp>

namespace sonde::ebpf {
namespace {

using ::testing::HasSubstr;

bpf::capability_report able() {
    bpf::capability_report machine;
    machine.kernel = "6.1.0";
    machine.btf = "/sys/kernel/btf/vmlinux";
    machine.has_ring_buffer = true;
    return machine;
}

std::vector<bpf::hook_outcome> some_hooks() {
    return {{"exec", "exec_raw", "raw_tp", {{"exec_btf", "tp_btf", "no such \"tracepoint\"", ""}}},
            {"send", "", "", {{"send", "fentry", "not offered", "long text\n"}}}};
}

TEST(Features, are_told_as_json) {
    const auto json = boost::json::parse(features_json(able(), some_hooks()));
    EXPECT_EQ(json.at("kernel").as_string(), "6.1.0");
    EXPECT_TRUE(json.at("ring_buffer").as_bool());
    const auto& hooks = json.at("hooks").as_array();
    ASSERT_EQ(hooks.size(), 2u);
    EXPECT_EQ(hooks[0].at("attached_as").as_string(), "raw_tp");
    EXPECT_EQ(hooks[0].at("refused").at(0).at("reason").as_string(), "no such \"tracepoint\"");
    EXPECT_EQ(hooks[1].at("attached_as").as_string(), "none");
    EXPECT_EQ(hooks[1].at("refused").at(0).at("verifier").as_string(), "long text\n");
}

TEST(Features, are_metrics_too) {
    testing::fake_host to;
    meter_hooks(to.host(), some_hooks());
    EXPECT_EQ(to.metrics.value("ebpf.hook.attached", {{"hook", "exec"}, {"attached_as", "raw_tp"}}), 1);
    EXPECT_EQ(to.metrics.value("ebpf.hook.attached", {{"hook", "send"}, {"attached_as", "none"}}), 0);
}

TEST(Features, stepping_down_a_rung_is_no_degradation) {
    const auto hooks = some_hooks();
    EXPECT_EQ(judge(able(), std::span(hooks).first(1)).state, health::ok);
}

TEST(Features, a_missing_hook_degrades_with_its_reason) {
    const auto hooks = some_hooks();
    const verdict found = judge(able(), hooks);
    EXPECT_EQ(found.state, health::permanent);
    EXPECT_EQ(found.reason, "hooks_missing");
    EXPECT_THAT(found.text, HasSubstr("send (not offered)"));
}

TEST(Features, hooks_with_the_same_reason_share_it) {
    const std::vector<bpf::hook_outcome> hooks{{"a", "", "", {{"a", "x", "no", ""}}},
                                               {"b", "", "", {{"b", "x", "no", ""}}},
                                               {"c", "", "", {{"c", "x", "other", ""}}}};
    EXPECT_EQ(judge(able(), hooks).text, "this kernel does not tell of: a, b (no); c (other)");
}

TEST(Features, missing_privilege_and_missing_btf_are_told_apart) {
    const auto hooks = some_hooks();
    auto machine = able();
    machine.btf.clear();
    EXPECT_EQ(judge(machine, hooks).reason, "btf_missing");
    machine.missing_capabilities = {"CAP_BPF"};
    EXPECT_EQ(judge(machine, hooks).reason, "capabilities_missing");
    EXPECT_THAT(judge(machine, hooks).text, HasSubstr("grant CAP_BPF"));
}

}  // namespace
}  // namespace sonde::ebpf
