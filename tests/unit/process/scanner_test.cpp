// SPDX-License-Identifier: Apache-2.0
#include "process/scanner.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonde/testing/fake_host.hpp>

#include "fake_proc.hpp"

namespace sonde::process {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ScannerTest : public ::testing::Test {
protected:
    ScannerTest() : counted(host.host()), out(host.host(), counted) {
        EXPECT_TRUE(out.open());
        open_store(1000);
    }

    void open_store(std::size_t table_limit) {
        auto tree = proc_tree::open(proc.path(), "/nonexistent", counted, host.clock.wall());
        ASSERT_TRUE(tree);
        store.emplace(host.host(), counted, out, std::move(*tree), table_limit);
        scan.emplace(host.host(), counted, *store);
    }
    void run(const scan_plan& plan) {
        ASSERT_TRUE(scan->begin(plan));
        while (!scan->step(2)) {
        }
        scan->finish();
        host.clock.advance(10s);
    }
    void first_scan() { run({.how = depth::full, .derives_events = false}); }
    void poll() { run({.how = depth::identity, .publishes_samples = false, .names_tell = true}); }

    // Names of the published kinds with the pid, since the last call.
    std::vector<std::string> told(const char* topic) {
        std::vector<std::string> names;
        for (const auto& event : payloads_of(host.lane.envelopes(topic))) {
            names.push_back(v1::ProcessEvent::Kind_Name(event.kind()).substr(5) + " " +
                            std::to_string(event.process().pid()));
        }
        host.lane.release();
        return names;
    }

    fake_proc proc;
    testing::fake_host host;
    meters counted;
    publisher out;
    std::optional<process_store> store;
    std::optional<scanner> scan;
};

TEST_F(ScannerTest, a_fixture_tree_gives_the_golden_result) {
    if (::sysconf(_SC_PAGESIZE) != 4096 || ::sysconf(_SC_CLK_TCK) != 100) {
        GTEST_SKIP() << "the golden text is for 4096-byte pages and 100 ticks a second";
    }
    const std::string id(64, 'c');
    proc.put({.pid = 30,
              .name = "tricky) S (na\nme",
              .parent = 7,
              .state = 'R',
              .start = 12345,
              .user_ticks = 250,
              .system_ticks = 50,
              .threads = 4,
              .rss_pages = 10,
              .arguments = {"/bin/tricky", "", "two words", "\xff"},
              .executable = "/bin/tricky",
              .cgroup = "0::/docker/" + id + "\n",
              .files = 2});
    proc.put(
        {.pid = 7, .name = "init", .parent = 0, .arguments = {}, .executable = "", .cgroup = "0::/\n", .files = 0});
    first_scan();
    const auto records = host.lane.envelopes(sample_topic);
    ASSERT_EQ(records.size(), 2u);
    EXPECT_EQ(payload_of(records[0]).DebugString(), R"(kind: KIND_SAMPLE
process {
  pid: 7
  name: "init"
  create_time_unix_nano: 1600000010000000000
  state: "S"
  user_id: 1001
  group_id: 101
  threads: 1
  open_files: 0
  memory_rss: 409600
  memory_virtual: 8192000
  cgroup_path: "/"
  session_id: 7
}
)");
    EXPECT_EQ(payload_of(records[1]).DebugString(), R"(kind: KIND_SAMPLE
process {
  pid: 30
  parent_pid: 7
  name: "tricky) S (na\nme"
  command_args: "/bin/tricky"
  command_args: ""
  command_args: "two words"
  command_args: "\357\277\275"
  executable_path: "/bin/tricky"
  create_time_unix_nano: 1600000123450000000
  state: "R"
  user_id: 1001
  group_id: 101
  threads: 4
  open_files: 2
  memory_rss: 40960
  memory_virtual: 8192000
  cpu_time_user: 2.5
  cpu_time_system: 0.5
  cgroup_path: "/docker/)" + id + R"("
  container_id: ")" + id + R"("
  session_id: 30
}
)");
    EXPECT_EQ(records[1].pid, 30u);
    EXPECT_EQ(records[1].container_id, id);
    EXPECT_EQ(records[1].process_start_time, 1'600'000'123'450'000'000);
    EXPECT_EQ(records[1].clock, 2u);
    EXPECT_FALSE(records[1].snapshot);
    EXPECT_EQ(host.metrics.value("process.scans"), 1);
    EXPECT_EQ(host.metrics.value("process.count"), 2);
    EXPECT_EQ(host.metrics.total("process.permission.errors"), 0);
    EXPECT_THAT(host.lane.misuse(), IsEmpty());
}

TEST_F(ScannerTest, what_was_there_before_gives_no_events) {
    proc.put({.pid = 5});
    first_scan();
    EXPECT_TRUE(host.lane.envelopes(event_topic).empty());
    EXPECT_THAT(told(sample_topic), ElementsAre("SAMPLE 5"));
}

TEST_F(ScannerTest, publishes_only_what_changed) {
    proc.put({.pid = 5});
    proc.put({.pid = 6});
    proc.put({.pid = 7});
    proc.put({.pid = 8});
    proc.put({.pid = 9});
    first_scan();
    told(sample_topic);
    proc.put({.pid = 6, .user_ticks = 1});
    proc.put({.pid = 7, .rss_pages = 101});
    proc.put({.pid = 8, .state = 'D'});
    proc.put({.pid = 9, .threads = 2});
    run({});
    EXPECT_THAT(told(sample_topic), ElementsAre("SAMPLE 6", "SAMPLE 7", "SAMPLE 8", "SAMPLE 9"));
    run({});
    EXPECT_THAT(told(sample_topic), IsEmpty());
    scan->set_policy(sample_policy::all);
    run({});
    EXPECT_EQ(told(sample_topic).size(), 5u);
    scan->set_policy(sample_policy::off);
    proc.put({.pid = 6, .user_ticks = 9});
    run({});
    EXPECT_THAT(told(sample_topic), IsEmpty());
}

TEST_F(ScannerTest, a_snapshot_tells_everything_and_says_so) {
    proc.put({.pid = 5});
    first_scan();
    told(sample_topic);
    host.clock.advance(1s);
    const auto began = host.clock.wall();
    run({.is_snapshot = true});
    const auto records = host.lane.envelopes(sample_topic);
    ASSERT_EQ(records.size(), 2u);
    EXPECT_TRUE(records[0].snapshot);
    EXPECT_EQ(payload_of(records[0]).snapshot_number(), 1u);
    EXPECT_TRUE(records[1].snapshot);
    EXPECT_EQ(payload_of(records[1]).kind(), v1::ProcessEvent::KIND_SNAPSHOT_END);
    EXPECT_EQ(payload_of(records[1]).snapshot_number(), 1u);
    const v1::SnapshotEnd mark = payload_of(records[1]).snapshot_end();
    EXPECT_EQ(mark.processes(), 1u);
    EXPECT_EQ(mark.began_time_unix_nano(), static_cast<std::uint64_t>(began.count()));
    EXPECT_TRUE(mark.is_watched());
}

TEST_F(ScannerTest, the_mark_of_a_snapshot_says_what_it_does_not_promise) {
    const auto mark = [&] { return payloads_of(host.lane.envelopes(sample_topic)).back().snapshot_end(); };
    proc.put({.pid = 5});
    run({.is_snapshot = true});
    EXPECT_TRUE(mark().is_partial()) << "the first process is hidden, and others may be";
    proc.put({.pid = 1, .parent = 0});
    run({.is_snapshot = true});
    EXPECT_FALSE(mark().is_partial());
    run({.is_snapshot = true, .ends_are_told = false});
    EXPECT_FALSE(mark().is_watched());
    open_store(1);
    run({.is_snapshot = true});
    EXPECT_TRUE(mark().is_partial()) << "the table is full";
    EXPECT_EQ(mark().processes(), 1u);
}

TEST_F(ScannerTest, cpu_percent_is_absent_first_and_then_of_the_real_time) {
    proc.put({.pid = 5, .user_ticks = 100});
    first_scan();
    EXPECT_FALSE(payload_of(host.lane.envelopes(sample_topic).at(0)).process().has_cpu_percent());
    host.clock.advance(10s);  // the sampler is late: 20 s between the looks
    const auto ticks = static_cast<std::uint64_t>(10 * ::sysconf(_SC_CLK_TCK));
    proc.put({.pid = 5, .user_ticks = 100 + ticks});
    run({});
    EXPECT_DOUBLE_EQ(payload_of(host.lane.envelopes(sample_topic).at(1)).process().cpu_percent(), 50.0);
}

TEST_F(ScannerTest, new_and_gone_processes_become_events_when_no_event_told) {
    proc.put({.pid = 5});
    first_scan();
    proc.put({.pid = 8, .parent = 5, .start = 2000, .arguments = {"child"}});
    proc.put({.pid = 9, .parent = 5, .start = 2000});
    proc.remove(5);
    poll();
    const auto events = payloads_of(host.lane.envelopes(event_topic));
    EXPECT_THAT(told(event_topic), ElementsAre("EXIT 5", "FORK 8", "EXEC 8", "FORK 9", "EXEC 9"));
    EXPECT_FALSE(events.at(0).has_exit_code());
    EXPECT_EQ(events.at(0).process().name(), "worker");
    poll();
    EXPECT_THAT(told(event_topic), IsEmpty());
}

TEST_F(ScannerTest, a_child_that_still_runs_its_parents_program_has_only_been_forked) {
    proc.put({.pid = 5});
    first_scan();
    proc.put({.pid = 8, .parent = 5, .start = 2000});
    poll();
    EXPECT_THAT(told(event_topic), ElementsAre("FORK 8"));
    EXPECT_EQ(store->find(8)->facts.parent_pid, 5u);
}

TEST_F(ScannerTest, polling_tells_exec_from_renaming) {
    proc.put({.pid = 5});
    proc.put({.pid = 6});
    first_scan();
    proc.put({.pid = 5, .name = "renamed"});
    proc.put({.pid = 6, .name = "other", .arguments = {"other"}, .executable = "/bin/other"});
    poll();
    EXPECT_THAT(told(event_topic), ElementsAre("COMM 5", "EXEC 6"));
    poll();
    EXPECT_THAT(told(event_topic), IsEmpty());
}

TEST_F(ScannerTest, a_reused_pid_is_another_process) {
    proc.put({.pid = 5, .name = "first", .user_ticks = 900});
    first_scan();
    proc.put({.pid = 5, .name = "second", .parent = 3, .start = 5000, .user_ticks = 1});
    run({.names_tell = true});
    const auto events = payloads_of(host.lane.envelopes(event_topic));
    const auto samples = payloads_of(host.lane.envelopes(sample_topic));
    EXPECT_THAT(told(event_topic), ElementsAre("EXIT 5", "FORK 5", "EXEC 5"));
    EXPECT_EQ(events.at(0).process().name(), "first");
    EXPECT_EQ(events.at(1).process().name(), "second");
    EXPECT_LT(events.at(0).process().create_time_unix_nano(), events.at(1).process().create_time_unix_nano());
    EXPECT_FALSE(samples.back().process().has_cpu_percent());
}

TEST_F(ScannerTest, a_zombie_whose_exit_was_told_does_not_come_back) {
    proc.put({.pid = 5});
    first_scan();
    store->forget(5);  // its exit event came
    proc.put({.pid = 5, .state = 'Z', .rss_pages = 0});
    run({});
    EXPECT_THAT(told(event_topic), IsEmpty());
    EXPECT_EQ(store->find(5), nullptr);
}

TEST_F(ScannerTest, re_parented_processes_move_in_the_tree) {
    proc.put({.pid = 1, .parent = 0});
    proc.put({.pid = 5, .parent = 1});
    proc.put({.pid = 6, .parent = 5});
    first_scan();
    EXPECT_EQ(store->find(6)->facts.parent_pid, 5u);
    proc.remove(5);
    proc.put({.pid = 6, .parent = 1});
    run({});
    EXPECT_EQ(store->find(6)->facts.parent_pid, 1u);
    EXPECT_EQ(store->find(6)->facts.original_parent_pid, 0u);
}

TEST_F(ScannerTest, a_full_table_is_counted_and_survived) {
    open_store(16);
    for (std::uint32_t pid = 1; pid <= 20; ++pid) {
        proc.put({.pid = pid});
    }
    first_scan();
    EXPECT_EQ(store->rows().size(), 16u);
    EXPECT_EQ(host.metrics.value("process.table.full"), 4);
    EXPECT_TRUE(store->is_full());
    proc.remove(1);
    proc.remove(20);
    proc.remove(19);
    proc.remove(18);
    run({});
    run({});
    EXPECT_FALSE(store->is_full());
}

TEST_F(ScannerTest, broken_files_are_counted_by_name) {
    proc.put({.pid = 5});
    proc.put({.pid = 6});
    proc.put({.pid = 7});
    proc.break_file(5, "stat", "5 (worker");
    proc.break_file(6, "status", "Uid: none\n");
    proc.break_file(7, "stat", "8 (worker) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 1 1 1 1 1\n");
    first_scan();
    EXPECT_THAT(told(sample_topic), ElementsAre("SAMPLE 6"));
    EXPECT_EQ(host.metrics.value("process.parse.errors", {{"file", "stat"}}), 2);
    EXPECT_EQ(host.metrics.value("process.parse.errors", {{"file", "status"}}), 1);
    EXPECT_FALSE(store->find(6)->facts.user_id);
}

TEST_F(ScannerTest, command_lines_are_cut_at_the_limit) {
    proc.put({.pid = 5, .arguments = {"abc", "defgh"}});
    store->tree().limit_arguments(6);
    first_scan();
    const auto process = payload_of(host.lane.envelopes(sample_topic).at(0)).process();
    EXPECT_THAT(process.command_args(), ElementsAre("abc", "de"));
    EXPECT_TRUE(process.command_args_truncated());
}

TEST_F(ScannerTest, a_command_line_of_exactly_the_limit_is_whole) {
    proc.put({.pid = 5, .arguments = {"abc", "d"}});
    store->tree().limit_arguments(6);
    first_scan();
    EXPECT_FALSE(payload_of(host.lane.envelopes(sample_topic).at(0)).process().command_args_truncated());
}

TEST_F(ScannerTest, samples_for_nobody_are_left_out_and_made_up_for) {
    proc.put({.pid = 5});
    host.lane.set_subscribed(false);
    first_scan();
    EXPECT_THAT(told(sample_topic), IsEmpty());
    host.lane.set_subscribed(true);
    run({});
    EXPECT_THAT(told(sample_topic), ElementsAre("SAMPLE 5"));
}

}  // namespace
}  // namespace sonde::process
