// SPDX-License-Identifier: Apache-2.0
#include "systemd/journal_filter.hpp"

#include <gtest/gtest.h>

namespace sonde::systemd {
namespace {

using kind = match_step::kind;

std::string shown(const journal_options& of) {
    std::string text;
    for (const match_step& step : index_terms(of)) {
        text += step.what == kind::term ? step.term + " " : step.what == kind::either ? "| " : "& ";
    }
    return text;
}

TEST(JournalFilter, without_options_everything_passes) {
    EXPECT_TRUE(index_terms({}).empty());
    EXPECT_FALSE(unit_choice(journal_options{}).is_needed());
}

TEST(JournalFilter, parts_are_joined_as_journalctl_does) {
    journal_options of;
    of.priority = 1;
    of.matches = {"A=1", "A=2", "+", "B=x y"};
    EXPECT_EQ(shown(of), "PRIORITY=0 PRIORITY=1 & A=1 A=2 | B=x y ");
    of.units = {"s.service"};
    EXPECT_EQ(shown(of), "_SYSTEMD_UNIT=s.service | MESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1 _UID=0 "
                         "COREDUMP_UNIT=s.service | _PID=1 UNIT=s.service | _UID=0 OBJECT_SYSTEMD_UNIT=s.service "
                         "& PRIORITY=0 PRIORITY=1 & A=1 A=2 | B=x y ");
}

TEST(JournalFilter, patterns_are_decided_per_entry) {
    journal_options of;
    of.units = {"web@*.service", "db.service"};
    of.excluded = {"web@test*"};
    EXPECT_TRUE(index_terms(of).empty());
    const unit_choice choice(of);
    EXPECT_TRUE(choice.is_needed());
    const auto passes = [&](std::initializer_list<const char*> names) {
        const std::vector<std::string> units(names.begin(), names.end());
        return choice.passes(units);
    };
    EXPECT_TRUE(passes({"web@1.service"}));
    EXPECT_TRUE(passes({"init.scope", "db.service"}));
    EXPECT_FALSE(passes({"web@test1.service"}));
    EXPECT_FALSE(passes({"other.service"}));
    EXPECT_FALSE(passes({}));
}

TEST(JournalFilter, terms_that_the_journal_would_not_take_are_refused) {
    EXPECT_TRUE(check_matches({}));
    EXPECT_TRUE(check_matches({"A=1", "+", "_B2=", "C==x"}));
    using terms = std::vector<std::string>;
    for (const terms& bad :
         {terms{"a=1"}, {"A"}, {"=1"}, {"+", "A=1"}, {"A=1", "+"}, {"A=1", "+", "+", "B=1"}, {"1A=1"}}) {
        EXPECT_FALSE(check_matches(bad)) << bad.front();
    }
}

}  // namespace
}  // namespace sonde::systemd
