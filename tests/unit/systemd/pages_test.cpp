// SPDX-License-Identifier: Apache-2.0
#include "systemd/pages.hpp"

#include <gtest/gtest.h>

namespace sonde::systemd {
namespace {

const common::part_state off{common::part_health::off, "", ""};
const common::part_state working{common::part_health::working, "", "fine"};
const common::part_state no_bus{common::part_health::missing, "no_bus", "no socket"};
const common::part_state denied{common::part_health::missing, "bus_denied", "not allowed"};
const common::part_state no_journal{common::part_health::missing, "no_journal", "no files"};
const common::part_state corrupt{common::part_health::limping, "journal_corrupt", "x.journal"};

TEST(Judge, both_halves_or_the_one_that_is_wanted_are_enough) {
    EXPECT_EQ(judge(working, working), (health_report{}));
    EXPECT_TRUE(judge(off, working).is_ok);
    EXPECT_EQ(judge(off, working).reason, "journal_only");
    EXPECT_EQ(judge(working, off).reason, "units_only");
    EXPECT_TRUE(judge({common::part_health::starting, "", ""}, working).is_ok);
}

TEST(Judge, the_half_that_is_missing_is_named) {
    const auto one = judge(no_bus, working);
    EXPECT_FALSE(one.is_ok);
    EXPECT_EQ(one.reason, "no_bus");
    EXPECT_EQ(one.text, "the journal is read, units are not followed. units: no socket");
    EXPECT_EQ(judge(working, no_journal).text, "units are followed, the journal is not read. journal: no files");
    EXPECT_EQ(judge(working, corrupt).reason, "journal_corrupt");
}

TEST(Judge, a_machine_without_systemd_is_told_from_one_that_refuses) {
    EXPECT_EQ(judge(no_bus, no_journal).reason, "no_systemd_here");
    EXPECT_EQ(judge(denied, no_journal).reason, "nothing_works");
    EXPECT_NE(judge(denied, no_journal).text.find("units: not allowed; journal: no files"), std::string::npos);
}

}  // namespace
}  // namespace sonde::systemd
