// SPDX-License-Identifier: Apache-2.0
#include "bpf/support/ladder.hpp"

#include <array>

#include <gtest/gtest.h>

namespace sonde::bpf {
namespace {

std::vector<hook> two_hooks() {
    return {{"exec", {{"exec_btf", "tp_btf"}, {"exec_raw", "raw_tp"}}}, {"send", {{"send", "fentry"}}}};
}

TEST(Ladder, begins_with_the_first_rung_of_each_hook) {
    const ladder rungs(two_hooks());
    EXPECT_STREQ(rungs.chosen(0)->program, "exec_btf");
    EXPECT_STREQ(rungs.chosen(1)->program, "send");
    EXPECT_TRUE(rungs.is_chosen("send"));
    EXPECT_FALSE(rungs.is_chosen("exec_raw"));
}

TEST(Ladder, a_refused_program_gives_way_to_the_next_and_its_reason_is_kept) {
    ladder rungs(two_hooks());
    EXPECT_TRUE(rungs.refuse("exec_btf", "no such tracepoint", "verifier text"));
    EXPECT_STREQ(rungs.chosen(0)->program, "exec_raw");
    const auto outcome = rungs.outcomes().at(0);
    EXPECT_EQ(outcome.kind, "raw_tp");
    ASSERT_EQ(outcome.refused.size(), 1u);
    EXPECT_EQ(outcome.refused[0].program, "exec_btf");
    EXPECT_EQ(outcome.refused[0].reason, "no such tracepoint");
    EXPECT_EQ(outcome.refused[0].log, "verifier text");
}

TEST(Ladder, a_program_that_is_not_in_use_cannot_be_refused) {
    ladder rungs(two_hooks());
    EXPECT_FALSE(rungs.refuse("exec_raw", "x"));
    EXPECT_FALSE(rungs.refuse("unknown", "x"));
}

TEST(Ladder, ends_with_nothing_when_all_rungs_are_refused) {
    ladder rungs(two_hooks());
    rungs.refuse_all("not permitted");
    EXPECT_FALSE(rungs.has_any());
    EXPECT_EQ(rungs.outcomes().at(0).refused.size(), 2u);
    EXPECT_EQ(rungs.outcomes().at(0).program, "");
    EXPECT_EQ(rungs.outcomes().at(1).refused.at(0).reason, "not permitted");
}

TEST(Ladder, kinds_that_are_not_wanted_are_never_tried) {
    const std::array<std::string, 2> without{"tp_btf", "fentry"};
    const ladder rungs(two_hooks(), without);
    EXPECT_STREQ(rungs.chosen(0)->program, "exec_raw");
    EXPECT_EQ(rungs.chosen(1), nullptr);
    EXPECT_EQ(rungs.outcomes().at(1).refused.at(0).reason, "switched off by configuration");
}

TEST(Ladder, rungs_of_a_set_step_down_together) {
    const std::vector<hook> hooks{{"states", {{"a", "tp_btf", nullptr, "storage"}, {"b", "tp_btf", nullptr, "table"}}},
                                  {"walk", {{"c", "iter", nullptr, "storage"}, {"d", "iter", nullptr, "table"}}},
                                  {"other", {{"e", "tp_btf"}}}};
    ladder rungs(hooks);
    EXPECT_TRUE(rungs.refuse("c", "no such helper"));
    EXPECT_STREQ(rungs.chosen(0)->program, "b") << "a is of no use without c";
    EXPECT_STREQ(rungs.chosen(1)->program, "d");
    EXPECT_STREQ(rungs.chosen(2)->program, "e");
    EXPECT_NE(rungs.outcomes().at(0).refused.at(0).reason.find("storage"), std::string::npos);
}

TEST(Ladder, a_set_goes_on_while_each_hook_has_a_rung_of_it) {
    const std::vector<hook> hooks{
        {"states", {{"a", "tp_btf", nullptr, "typed"}, {"b", "tp_btf", nullptr, "untyped"}}},
        {"walk",
         {{"c", "iter", nullptr, "typed"}, {"d", "iter", nullptr, "typed"}, {"e", "iter", nullptr, "untyped"}}}};
    ladder rungs(hooks);
    EXPECT_TRUE(rungs.refuse("c", "no such function"));
    EXPECT_STREQ(rungs.chosen(0)->program, "a");
    EXPECT_STREQ(rungs.chosen(1)->program, "d");
    EXPECT_TRUE(rungs.refuse("d", "no such map"));
    EXPECT_STREQ(rungs.chosen(0)->program, "b");
    EXPECT_STREQ(rungs.chosen(1)->program, "e");
}

TEST(Ladder, a_kind_that_is_switched_off_takes_its_set_with_it) {
    const std::vector<hook> hooks{{"walk", {{"c", "iter", nullptr, "storage"}, {"d", "iter", nullptr, "table"}}},
                                  {"states", {{"a", "tp_btf", nullptr, "storage"}, {"b", "raw_tp", nullptr, "table"}}}};
    const std::array<std::string, 1> without{"tp_btf"};
    const ladder rungs(hooks, without);
    EXPECT_STREQ(rungs.chosen(0)->program, "d");
    EXPECT_STREQ(rungs.chosen(1)->program, "b");
}

}  // namespace
}  // namespace sonde::bpf
