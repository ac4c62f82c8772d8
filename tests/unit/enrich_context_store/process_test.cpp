// SPDX-License-Identifier: Apache-2.0
// Which process an event is of: pids are given away again, sources are late, and starts differ by a few milliseconds.
#include <gtest/gtest.h>

#include "sonde/v1/metric.pb.h"
#include "world.hpp"

namespace sonde::enrich_context {
namespace {

using kind = v1::ProcessEvent;
using missing = v1::Context::Missing;

constexpr std::uint64_t millisecond = 1'000'000;

TEST(Process, a_pid_means_the_process_that_had_it_when_the_event_happened) {
    world of;
    of.process(kind::KIND_EXEC, 7, noon, noon + second, "first");
    of.process(kind::KIND_EXIT, 7, noon, noon + 10 * second, "first");
    of.process(kind::KIND_EXEC, 7, noon + 20 * second, noon + 21 * second, "second");
    const auto name_at = [&](std::uint64_t time) { return of.find({.pid = 7, .time = time}).context.process().name(); };
    EXPECT_EQ(name_at(noon - second), "");
    EXPECT_EQ(name_at(noon + 5 * second), "first");
    EXPECT_EQ(name_at(noon + 10 * second), "first");
    EXPECT_EQ(name_at(noon + 15 * second), "");
    EXPECT_EQ(name_at(noon + 25 * second), "second");
    EXPECT_EQ(of.find({.pid = 7, .process_start = noon, .time = noon + 25 * second}).context.process().name(), "first");
}

TEST(Process, an_end_that_nobody_told_is_before_the_next_start) {
    world of;
    of.process(kind::KIND_EXEC, 7, noon, noon, "first");
    of.process(kind::KIND_EXEC, 7, noon + 20 * second, noon + 21 * second, "second");
    const auto first = of.find({.pid = 7, .process_start = noon});
    EXPECT_EQ(first.context.process().name(), "first");
    EXPECT_TRUE(first.context.process().is_exited());
    EXPECT_EQ(of.find({.pid = 7, .time = noon + 22 * second}).context.process().name(), "second");
}

TEST(Process, an_older_process_that_is_told_late_does_not_replace_the_younger) {
    world of;
    of.process(kind::KIND_EXEC, 7, noon + 20 * second, noon + 21 * second, "second");
    of.process(kind::KIND_SAMPLE, 7, noon, noon + second, "first");
    EXPECT_EQ(of.find({.pid = 7, .time = noon + 22 * second}).context.process().name(), "second");
    EXPECT_EQ(of.find({.pid = 7, .time = noon + 5 * second}).context.process().name(), "first");
}

TEST(Process, a_start_that_another_source_reckons_a_tick_beside_is_the_same_process) {
    world of;
    of.process(kind::KIND_EXEC, 7, noon, noon, "one");
    of.process(kind::KIND_SAMPLE, 7, noon + 10 * millisecond, noon + second, "one");
    EXPECT_EQ(of.store.stats().kinds[static_cast<std::size_t>(entity_kind::process)].entities, 1U);
    EXPECT_EQ(of.find({.pid = 7, .process_start = noon + 20 * millisecond}).key,
              "process:host-1/7/" + std::to_string(noon));
    EXPECT_EQ(of.find({.pid = 7, .process_start = noon + 30 * millisecond}).key, "");
}

TEST(Process, between_two_processes_of_one_pid_nothing_is_guessed) {
    world of;
    of.process(kind::KIND_EXIT, 7, noon, noon + second, "first");
    of.process(kind::KIND_EXEC, 7, noon + second + 20 * millisecond, noon + 2 * second, "second");
    const auto between = of.find({.pid = 7, .time = noon + second + 10 * millisecond});
    EXPECT_FALSE(between.context.has_process());
    EXPECT_EQ(between.why(missing::SECTION_PROCESS), missing::REASON_AMBIGUOUS);
}

TEST(Process, exec_replaces_the_program_and_older_facts_do_not_bring_it_back) {
    world of;
    of.process(kind::KIND_FORK, 7, noon, noon, "shell");
    of.process(kind::KIND_EXEC, 7, noon, noon + 2 * second, "server");
    of.process(kind::KIND_SAMPLE, 7, noon, noon + second, "shell");
    EXPECT_EQ(of.find({.pid = 7}).context.process().name(), "server");
}

TEST(Process, pids_of_two_hosts_are_not_mixed) {
    world of;
    schema::envelope_view there;
    there.resource.node_name = "node-b";
    v1::ProcessEvent event;
    event.set_kind(kind::KIND_EXEC);
    event.mutable_process()->set_pid(7);
    event.mutable_process()->set_name("there");
    event.mutable_process()->set_create_time_unix_nano(noon);
    of.process(kind::KIND_EXEC, 7, noon, noon, "here");
    of.tell(event, noon, there);
    EXPECT_EQ(of.find({.pid = 7}).context.process().name(), "here");
    EXPECT_EQ(of.find({.node_name = "node-b", .pid = 7}).context.process().name(), "there");
    EXPECT_EQ(of.find({.node_name = "node-b", .pid = 7}).key, "process:node-b/7/" + std::to_string(noon));
    EXPECT_FALSE(of.find({.node_name = "node-c", .pid = 7}).context.has_process());
}

TEST(Process, whatever_comes_first_names_this_host) {
    auto settings = world::defaults();
    settings.node_name.clear();
    world of(settings);
    schema::envelope_view here;
    here.resource.node_name = "node-z";
    of.tell(v1::MetricSet{}, noon, here);
    EXPECT_EQ(of.find({.node_name = "node-z"}).context.host().id(), "host-1");
    EXPECT_FALSE(of.find({.node_name = "node-y"}).context.has_host());
}

TEST(Process, what_this_host_tells_of_another_machine_is_about_no_process_here) {
    world of;
    of.process(kind::KIND_EXEC, 7, noon, noon, "here");
    EXPECT_EQ(of.find({.machine_id = "host-1", .pid = 7}).context.process().name(), "here");
    const auto elsewhere = of.find({.machine_id = "host-2", .pid = 7});
    EXPECT_FALSE(elsewhere.context.has_process());
    EXPECT_FALSE(elsewhere.context.has_host()) << "nor about this host";
    EXPECT_EQ(elsewhere.key, "");
    EXPECT_FALSE(elsewhere.may_improve) << "no waiting helps";
    const std::string container(64, 'c');
    EXPECT_EQ(of.find({.machine_id = "host-2", .pid = 7, .container_id = container}).context.missing_size(), 2)
        << "a container's id means the same everywhere";
}

// Tells snapshots: the first at ten seconds past noon, and so on.
struct snapshots {
    world& of;

    void sample(std::uint32_t pid, std::uint64_t number) const {
        v1::ProcessEvent event;
        event.set_kind(kind::KIND_SAMPLE);
        event.set_snapshot_number(number);
        event.mutable_process()->set_pid(pid);
        event.mutable_process()->set_create_time_unix_nano(noon);
        of.tell(event, noon + number * 10 * second);
    }
    void end(std::uint64_t number, std::uint32_t processes, bool is_watched = false, std::uint64_t began = 0) const {
        v1::ProcessEvent event;
        event.set_kind(kind::KIND_SNAPSHOT_END);
        event.set_snapshot_number(number);
        event.mutable_snapshot_end()->set_processes(processes);
        event.mutable_snapshot_end()->set_is_watched(is_watched);
        event.mutable_snapshot_end()->set_began_time_unix_nano(began);
        of.tell(event, noon + number * 10 * second);
    }
    void source_end(std::uint64_t time) const {
        v1::ProcessEvent event;
        event.set_kind(kind::KIND_SOURCE_END);
        of.tell(event, time);
    }
    // By the pid alone, as most events name a process.
    [[nodiscard]] bool is_known(std::uint32_t pid, std::uint64_t time) const {
        return of.find({.pid = pid, .time = time}).context.has_process();
    }
};

TEST(Process, a_whole_snapshot_ends_those_that_it_does_not_have) {
    world of;
    const snapshots told{of};
    const auto sample = [&](std::uint32_t pid, std::uint64_t number) { told.sample(pid, number); };
    const auto end = [&](std::uint64_t number, std::uint32_t processes) { told.end(number, processes); };
    sample(1, 1);
    sample(2, 1);
    EXPECT_EQ(of.find({.pid = 3}).why(missing::SECTION_PROCESS), missing::REASON_NOT_SYNCED);
    end(1, 2);
    EXPECT_EQ(of.find({.pid = 3}).why(missing::SECTION_PROCESS), missing::REASON_NOT_FOUND);
    sample(1, 2);
    end(2, 2);  // one sample was lost: nothing is concluded
    EXPECT_FALSE(of.find({.pid = 2, .process_start = noon}).context.process().is_exited());
    sample(1, 3);
    end(3, 1);
    EXPECT_TRUE(of.find({.pid = 2, .process_start = noon}).context.process().is_exited());
    EXPECT_FALSE(of.find({.pid = 1, .process_start = noon}).context.process().is_exited());
}

TEST(Process, of_which_nothing_is_heard_is_known_while_somebody_watches_for_its_end) {
    world of;
    const snapshots told{of};
    told.sample(1, 1);
    told.end(1, 1, true);
    EXPECT_TRUE(told.is_known(1, noon + 3600 * second)) << "it is quiet, and so is the machine";
    told.source_end(noon + 4000 * second);
    EXPECT_TRUE(told.is_known(1, noon + 4000 * second)) << "until then its end would have been told";
    EXPECT_FALSE(told.is_known(1, noon + 4001 * second));
}

TEST(Process, of_which_nothing_is_heard_is_not_guessed_while_nobody_watches) {
    world of;
    const snapshots told{of};
    told.sample(1, 1);
    told.end(1, 1, false);
    EXPECT_TRUE(told.is_known(1, noon + 10 * second));
    EXPECT_FALSE(told.is_known(1, noon + 11 * second));
    of.process(kind::KIND_EXEC, 2, noon, noon + 12 * second, "other");
    EXPECT_FALSE(told.is_known(1, noon + 13 * second)) << "who tells of programs need not tell of ends";
}

TEST(Process, that_began_during_a_snapshot_need_not_be_in_it) {
    world of;
    const snapshots told{of};
    of.process(kind::KIND_FORK, 2, noon + 9 * second, noon + 9 * second, "young");
    told.sample(1, 1);
    told.end(1, 1, true, noon + 8 * second);
    EXPECT_TRUE(told.is_known(2, noon + 20 * second));
}

TEST(Process, a_source_that_begins_again_numbers_its_snapshots_anew) {
    world of;
    const snapshots told{of};
    told.sample(1, 1);
    told.end(1, 1, true);
    told.source_end(noon + 11 * second);
    EXPECT_EQ(of.find({.pid = 3}).why(missing::SECTION_PROCESS), missing::REASON_NOT_SYNCED);
    told.sample(1, 1);
    told.end(1, 1, true);
    EXPECT_EQ(of.find({.pid = 3}).why(missing::SECTION_PROCESS), missing::REASON_NOT_FOUND);
}

TEST(Process, it_is_known_for_its_time_after_the_end_and_not_longer) {
    world of;
    of.process(kind::KIND_EXEC, 7, noon, noon, "gone");
    of.process(kind::KIND_EXIT, 7, noon, noon + second, "gone");
    of.store.tick(std::chrono::nanoseconds(noon + 60 * second));
    EXPECT_TRUE(of.find({.pid = 7, .process_start = noon}).context.has_process());
    of.store.tick(std::chrono::nanoseconds(noon + 61 * second));
    EXPECT_FALSE(of.find({.pid = 7, .process_start = noon}).context.has_process());
}

TEST(Process, one_outside_of_containers_says_so) {
    world of;
    of.process(kind::KIND_EXEC, 7, noon, noon, "sshd", {}, 4711);
    const auto daemon = of.find({.pid = 7, .cgroup_id = 4711});
    EXPECT_EQ(daemon.why(missing::SECTION_CONTAINER), missing::REASON_NOT_APPLICABLE);
    EXPECT_EQ(daemon.why(missing::SECTION_POD), missing::REASON_NOT_APPLICABLE);
    EXPECT_EQ(daemon.missing, reason::none);
    EXPECT_FALSE(daemon.may_improve);
}

TEST(Process, an_event_of_another_cgroup_than_the_process_has_now_gets_that_ones_container) {
    world of;
    of.process(kind::KIND_FORK, 7, noon, noon, "runc", container_id(1), 11);
    of.process(kind::KIND_EXEC, 7, noon, noon + second, "app", container_id(2), 12);
    EXPECT_EQ(of.find({.pid = 7, .cgroup_id = 11}).context.container().id(), container_id(1));
    EXPECT_EQ(of.find({.pid = 7, .cgroup_id = 12}).context.container().id(), container_id(2));
    EXPECT_FALSE(of.find({.pid = 7, .cgroup_id = 13}).context.has_container());
}

TEST(Process, without_any_source_the_reason_is_that) {
    world of;
    const auto nobody = of.find({.pid = 7});
    EXPECT_EQ(nobody.why(missing::SECTION_PROCESS), missing::REASON_NO_SOURCE);
    EXPECT_EQ(nobody.why(missing::SECTION_CONTAINER), missing::REASON_NO_SOURCE);
    EXPECT_EQ(nobody.missing, reason::no_source);
    EXPECT_FALSE(nobody.may_improve);
}

}  // namespace
}  // namespace sonde::enrich_context
