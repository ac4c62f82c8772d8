// SPDX-License-Identifier: Apache-2.0
#include "systemd/unit_table.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <sonde/testing/fake_host.hpp>

namespace sonde::systemd {
namespace {

using enum schema::unit_action;

class UnitTable : public ::testing::Test {
protected:
    UnitTable() : counted(host.host()) {
        of.types = {"service", "socket"};
        of.states = {"active", "inactive", "failed"};
        of.limit = 16;
    }

    unit_table make() {
        return {of, counted, [this](schema::unit_action what, const unit_facts& now, const unit_facts*) {
                    static const std::vector<std::string> names{"", "listed", "new", "changed", "removed", "sampled"};
                    told.push_back(names[static_cast<std::size_t>(what)] + " " + now.active_state + "/" +
                                   now.sub_state);
                    return has_room;
                }};
    }
    static void move(unit_table& table, unit_row& row, const char* active, const char* sub) {
        row.now.active_state = active;
        row.now.sub_state = sub;
        table.settle(row);
    }
    static unit_row& loaded(unit_table& table, const char* name, bool is_new) {
        unit_row& row = *table.add(name, is_new);
        row.now.load_state = "loaded";
        return row;
    }

    testing::fake_host host;
    meters counted;
    unit_options of;
    std::vector<std::string> told;
    bool has_room = true;
};

using texts = std::vector<std::string>;

TEST_F(UnitTable, names_types_and_exclusions_choose) {
    of.names = {"web*", "db.service"};
    of.excluded = {"*test*"};
    const auto table = make();
    EXPECT_TRUE(table.wants("web-1.service"));
    EXPECT_TRUE(table.wants("web.socket"));
    EXPECT_TRUE(table.wants("db.service"));
    EXPECT_FALSE(table.wants("web.timer"));
    EXPECT_FALSE(table.wants("web-test.service"));
    EXPECT_FALSE(table.wants("mail.service"));
    EXPECT_FALSE(table.wants("web"));
}

TEST_F(UnitTable, a_stop_and_a_start_are_two_events) {
    auto table = make();
    unit_row& row = loaded(table, "a.service", false);
    move(table, row, "active", "running");
    told.clear();
    move(table, row, "deactivating", "stop-sigterm");
    move(table, row, "inactive", "dead");
    move(table, row, "inactive", "dead");
    move(table, row, "activating", "start");
    move(table, row, "active", "running");
    EXPECT_EQ(told, (texts{"changed inactive/dead", "changed active/running"}));
}

TEST_F(UnitTable, loading_alone_is_no_news) {
    auto table = make();
    move(table, loaded(table, "a.service", true), "inactive", "dead");
    table.remove("a.service");
    EXPECT_EQ(told, texts{});
    of.tells_loads = true;
    move(table, loaded(table, "a.service", true), "inactive", "dead");
    table.remove("a.service");
    EXPECT_EQ(told, (texts{"new inactive/dead", "removed inactive/dead"}));
}

TEST_F(UnitTable, a_unit_that_goes_while_it_runs_is_told) {
    auto table = make();
    move(table, loaded(table, "run-1.service", true), "active", "running");
    table.remove("run-1.service");
    EXPECT_EQ(told, (texts{"new active/running", "removed active/running"}));
}

TEST_F(UnitTable, a_run_that_is_over_before_it_is_asked_for_is_told) {
    auto table = make();
    unit_row& row = loaded(table, "once.service", true);
    row.now.main_pid = 7;
    move(table, row, "inactive", "dead");
    EXPECT_EQ(told, texts{}) << "between the start of the process and the state";
    row.now.main_pid = 0;
    row.now.exit_kind = 1;
    move(table, row, "inactive", "dead");
    EXPECT_EQ(told, texts{"new inactive/dead"});
}

TEST_F(UnitTable, a_wait_for_a_restart_counts_as_failure) {
    of.states = {"failed"};
    auto table = make();
    unit_row& row = loaded(table, "a.service", false);
    move(table, row, "activating", "auto-restart");
    EXPECT_EQ(told, texts{});
    row.now.result = "exit-code";
    table.settle(row);
    EXPECT_EQ(told, texts{"listed activating/auto-restart"});
}

TEST_F(UnitTable, results_choose) {
    of.results = {"signal"};
    auto table = make();
    unit_row& row = loaded(table, "a.service", false);
    row.now.result = "success";
    move(table, row, "active", "running");
    row.now.result = "signal";
    move(table, row, "failed", "failed");
    EXPECT_EQ(told, texts{"listed failed/failed"});
}

TEST_F(UnitTable, nothing_is_told_before_all_answers_are_there) {
    auto table = make();
    unit_row& row = loaded(table, "a.service", false);
    row.awaited = 1;
    move(table, row, "active", "running");
    EXPECT_EQ(told, texts{});
    row.awaited = 0;
    table.settle(row);
    EXPECT_EQ(told, texts{"listed active/running"});
}

TEST_F(UnitTable, is_bounded_and_counts_what_it_leaves_out) {
    of.limit = 1;
    auto table = make();
    EXPECT_NE(table.add("a.service", false), nullptr);
    EXPECT_EQ(table.add("b.service", false), nullptr);
    EXPECT_TRUE(table.is_full());
    table.remove("a.service");
    EXPECT_NE(table.add("b.service", false), nullptr);
}

TEST_F(UnitTable, what_found_no_room_is_remembered_once) {
    auto table = make();
    has_room = false;
    move(table, loaded(table, "a.service", false), "active", "running");
    EXPECT_TRUE(table.take_missed());
    EXPECT_FALSE(table.take_missed());
    has_room = true;
    EXPECT_EQ(table.tell_all(), 1U);
    EXPECT_EQ(told.size(), 2U);
}

TEST(UnitFacts, amounts_that_are_not_accounted_are_absent) {
    unit_facts facts;
    unit_change change;
    change.memory_bytes = 5;
    apply(change, facts);
    EXPECT_EQ(facts.memory_bytes, 5U);
    change.memory_bytes = UINT64_MAX;
    apply(change, facts);
    EXPECT_EQ(facts.memory_bytes, std::nullopt);
    EXPECT_EQ(type_of("a.b.socket"), "socket");
    EXPECT_EQ(interface_of("socket"), "org.freedesktop.systemd1.Socket");
    EXPECT_EQ(interface_of("device"), "");
}

}  // namespace
}  // namespace sonde::systemd
