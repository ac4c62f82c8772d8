// SPDX-License-Identifier: Apache-2.0
#include "container/table.hpp"

#include <gtest/gtest.h>

#include "samples.hpp"

namespace sonde::container {
namespace {

constexpr origin cri{source::cri, 0};
constexpr origin docker{source::docker, 0};
constexpr origin files{source::state_file, 2};
constexpr origin cgroup{source::cgroup, 0};

struct Table : ::testing::Test {
    std::vector<std::pair<schema::action, container_row>> changes;
    table own{4, {"tier"}, [this](schema::action what, const container_row& row) { changes.emplace_back(what, row); }};

    static container_facts facts(const std::string& id, run_state state, std::uint32_t pid = 0) {
        container_facts made;
        made.id = id;
        made.state = state;
        made.init_pid = pid;
        return made;
    }
    std::vector<schema::action> actions() {
        std::vector<schema::action> all;
        for (const auto& [what, row] : changes) {
            all.push_back(what);
        }
        changes.clear();
        return all;
    }
};

using enum schema::action;
using list = std::vector<schema::action>;

TEST_F(Table, a_life_is_told_once_per_step) {
    own.tell(cgroup, facts(id_a, run_state::created));
    own.tell(cgroup, facts(id_a, run_state::running, 7));
    own.tell(cgroup, facts(id_a, run_state::running, 7));
    own.end(id_a, 7, 50, 3);
    EXPECT_EQ(changes.back().second.facts.exit_code, 3);
    EXPECT_EQ(changes.back().second.facts.finished, 50);
    own.forget(cgroup, id_a);
    EXPECT_EQ(actions(), (list{updated, started, exited, deleted}));
    EXPECT_EQ(own.size(), 0u);
}

TEST_F(Table, a_better_source_completes_a_poorer_one) {
    own.tell(cgroup, facts(id_a, run_state::running, 7));
    auto better = facts(id_a, run_state::running, 7);
    better.name = "web";
    own.tell(cri, better);
    EXPECT_EQ(actions(), (list{started, updated}));
    const container_row& row = *own.find(id_a);
    EXPECT_EQ(row.facts.name, "web");
    EXPECT_EQ(row.known_by, (std::vector{source::cri, source::cgroup}));
    EXPECT_TRUE(row.contradictions.empty());
}

TEST_F(Table, where_sources_disagree_the_better_is_believed_and_the_other_noted) {
    auto poor = facts(id_a, run_state::running, 7);
    poor.pod_name = "old";
    own.tell(files, poor);
    auto better = facts(id_a, run_state::running, 8);
    better.pod_name = "new";
    own.tell(cri, better);
    const container_row& row = *own.find(id_a);
    EXPECT_EQ(row.facts.pod_name, "new");
    EXPECT_EQ(row.facts.init_pid, 8u);
    EXPECT_EQ(row.contradictions,
              (std::vector<std::string>{"pod_name: state_file old, cri new", "init_pid: state_file 7, cri 8"}));
}

TEST_F(Table, a_stale_running_does_not_revive_the_dead) {
    own.tell(cgroup, facts(id_a, run_state::running, 7));
    own.end(id_a, 7, 50, std::nullopt);
    own.tell(cri, facts(id_a, run_state::running, 7));  // asked before, answered after
    auto last = facts(id_a, run_state::exited, 0);
    last.exit_code = 137;
    own.tell(cri, last);
    EXPECT_EQ(actions(), (list{started, exited, updated}));
    EXPECT_EQ(own.find(id_a)->facts.state, run_state::exited);
    EXPECT_EQ(own.find(id_a)->facts.exit_code, 137);
}

TEST_F(Table, an_end_is_only_that_of_the_process_it_names) {
    own.tell(cgroup, facts(id_a, run_state::running, 7));
    own.end(id_a, 6, 50, 1);
    EXPECT_EQ(own.find(id_a)->facts.state, run_state::running);
}

TEST_F(Table, a_restart_under_the_same_id_is_a_start) {
    auto first = facts(id_a, run_state::running, 7);
    first.started = 10;
    own.tell(docker, first);
    own.end(id_a, 7, 50, 1);
    auto second = facts(id_a, run_state::running, 9);
    second.started = 60;
    own.tell(docker, second);
    EXPECT_EQ(actions(), (list{started, exited, started}));
    EXPECT_EQ(own.find(id_a)->facts.init_pid, 9u);
    EXPECT_FALSE(own.find(id_a)->facts.exit_code);
}

TEST_F(Table, an_end_stays_when_the_source_that_told_it_forgets_it) {
    own.tell(cgroup, facts(id_a, run_state::running, 7));
    own.tell(files, facts(id_a, run_state::exited, 7));
    own.forget(files, id_a);
    EXPECT_EQ(own.find(id_a)->facts.state, run_state::exited);
    own.end(id_a, 7, 50, 3);
    EXPECT_EQ(own.find(id_a)->facts.finished, 50);
    own.forget(cgroup, id_a);
    EXPECT_EQ(actions(), (list{started, exited, updated, deleted}));
}

TEST_F(Table, one_end_is_told_though_two_processes_were_taken_for_the_first) {
    own.tell(cgroup, facts(id_a, run_state::running, 6));  // of the runtime, seen in passing
    own.tell(files, facts(id_a, run_state::running, 7));
    own.end(id_a, 7, 50, 0);
    EXPECT_EQ(own.find(id_a)->facts.init_pid, 7u);
    own.end(id_a, own.find(id_a)->facts.init_pid, 51, std::nullopt);  // its cgroup is empty
    own.forget(files, id_a);
    own.forget(cgroup, id_a);
    EXPECT_EQ(actions(), (list{started, updated, exited, updated, deleted}));
}

TEST_F(Table, a_late_word_of_an_end_does_not_dig_up_the_deleted) {
    own.tell(cgroup, facts(id_a, run_state::running, 7));
    own.forget(cgroup, id_a);
    own.tell(files, facts(id_a, run_state::exited, 7));
    own.forget(files, id_a);
    EXPECT_EQ(actions(), (list{started, exited, deleted}));
    own.tell(files, facts(id_a, run_state::running, 8));  // a new one of the same name
    EXPECT_EQ(actions(), (list{started}));
}

TEST_F(Table, it_is_deleted_when_the_last_source_forgets_it) {
    own.tell(docker, facts(id_a, run_state::running, 7));
    own.tell(cgroup, facts(id_a, run_state::running, 7));
    own.end(id_a, 7, 50, 0);
    own.forget(cgroup, id_a);
    EXPECT_EQ(actions(), (list{started, exited}));
    own.forget(docker, id_a);
    EXPECT_EQ(actions(), (list{deleted}));
}

TEST_F(Table, one_that_vanishes_while_running_has_exited) {
    own.tell(cri, facts(id_a, run_state::running, 7));
    own.forget(cri, id_a);
    EXPECT_EQ(actions(), (list{started, exited, deleted}));
}

TEST_F(Table, what_a_listing_leaves_out_is_forgotten) {
    own.tell(cri, facts(id_a, run_state::running, 7));
    own.tell(cri, facts(id_b, run_state::running, 8));
    own.begin_listing(cri);
    own.tell(cri, facts(id_b, run_state::running, 8));
    own.end_listing(cri);
    EXPECT_EQ(own.find(id_a), nullptr);
    EXPECT_NE(own.find(id_b), nullptr);
}

TEST_F(Table, a_lost_source_keeps_the_living_and_lets_go_of_the_dead) {
    own.tell(cri, facts(id_a, run_state::running, 7));
    own.tell(cri, facts(id_b, run_state::exited));
    own.forget_ended(cri);
    EXPECT_NE(own.find(id_a), nullptr);
    EXPECT_EQ(own.find(id_b), nullptr);
}

TEST_F(Table, beyond_the_limit_containers_are_left_out_and_counted) {
    for (char c = '0'; c < '6'; ++c) {
        own.tell(cgroup, facts(std::string(64, c), run_state::running, 7));
    }
    EXPECT_EQ(own.size(), 4u);
    EXPECT_EQ(own.left_out(), 2u);
}

TEST_F(Table, a_pod_is_known_by_the_path_that_any_source_tells) {
    auto found = facts(id_a, run_state::running, 7);
    found.cgroup_path = "/kubepods/pod" + pod_uid + "/" + id_a;
    own.tell(files, found);
    EXPECT_EQ(own.find(id_a)->facts.pod_uid, pod_uid);
}

TEST_F(Table, only_the_labels_that_are_named_stay) {
    auto labelled = facts(id_a, run_state::running, 7);
    labelled.labels = {{"secret", "x"}, {"tier", "web"}};
    own.tell(cri, labelled);
    EXPECT_EQ(own.find(id_a)->facts.labels, (decltype(labelled.labels){{"tier", "web"}}));
}

}  // namespace
}  // namespace sonde::container
