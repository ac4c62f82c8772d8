// SPDX-License-Identifier: Apache-2.0
#include "process/event_handler.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonde/testing/fake_host.hpp>

#include "fake_proc.hpp"

namespace sonde::process {
namespace {

using namespace std::chrono_literals;

class EventHandlerTest : public ::testing::Test {
protected:
    EventHandlerTest() : counted(host.host()), out(host.host(), counted) {
        EXPECT_TRUE(out.open());
        auto tree = proc_tree::open(proc.path(), "/nonexistent", counted, host.clock.wall());
        EXPECT_TRUE(tree);
        store.emplace(host.host(), counted, out, std::move(*tree), 100);
        handler.emplace(host.host(), *store);
    }

    // Processes of the fixture start at 10 s after boot; events come later, by the clock since boot.
    static kernel_event event(event_kind kind, std::uint32_t pid) {
        kernel_event made;
        made.kind = kind;
        made.thread = made.pid = pid;
        made.monotonic = 100s;
        return made;
    }
    v1::ProcessEvent handle(const kernel_event& event) {
        handler->handle(event);
        const auto records = host.lane.envelopes(event_topic);
        if (records.empty()) {
            ADD_FAILURE() << "nothing was published";
            return {};
        }
        EXPECT_EQ(records.back().time, (event.monotonic + host.clock.wall_offset()).count());
        EXPECT_EQ(records.back().clock, 1u);
        return payload_of(records.back());
    }
    v1::ProcessEvent fork(std::uint32_t pid, std::uint32_t parent) {
        kernel_event made = event(event_kind::fork, pid);
        made.parent_pid = parent;
        return handle(made);
    }
    v1::ProcessEvent exit(std::uint32_t pid, std::uint32_t status) {
        kernel_event made = event(event_kind::exit, pid);
        made.wait_status = status;
        return handle(made);
    }

    fake_proc proc;
    testing::fake_host host;
    meters counted;
    publisher out;
    std::optional<process_store> store;
    std::optional<event_handler> handler;
};

TEST_F(EventHandlerTest, exec_reads_what_the_kernel_leaves_out) {
    proc.put({.pid = 5, .name = "ls", .parent = 3, .arguments = {"ls", "-l"}, .executable = "/bin/ls"});
    const auto told = handle(event(event_kind::exec, 5));
    EXPECT_EQ(told.kind(), v1::ProcessEvent::KIND_EXEC);
    EXPECT_EQ(told.process().name(), "ls");
    EXPECT_THAT(told.process().command_args(), ::testing::ElementsAre("ls", "-l"));
    EXPECT_EQ(told.process().executable_path(), "/bin/ls");
    EXPECT_EQ(told.process().user_id(), 1001u);
    EXPECT_EQ(told.process().parent_pid(), 3u);
    EXPECT_EQ(told.process().cgroup_path(), "/system.slice/worker.service");
    EXPECT_NE(told.process().create_time_unix_nano(), 0u);
}

TEST_F(EventHandlerTest, a_process_that_is_gone_leaves_fields_empty_and_not_wrong) {
    proc.put({.pid = 3, .name = "shell", .arguments = {"shell"}, .executable = "/bin/shell"});
    handle(event(event_kind::exec, 3));
    const auto forked = fork(5, 3);
    EXPECT_EQ(static_cast<std::int64_t>(forked.process().create_time_unix_nano()),
              (100s + host.clock.wall_offset()).count());
    const auto told = handle(event(event_kind::exec, 5));
    EXPECT_EQ(told.process().create_time_unix_nano(), forked.process().create_time_unix_nano());
    EXPECT_EQ(told.process().name(), "");
    EXPECT_EQ(told.process().command_args_size(), 0);
    EXPECT_EQ(told.process().executable_path(), "");
    EXPECT_EQ(told.process().parent_pid(), 3u);
    EXPECT_EQ(told.process().original_parent_pid(), 3u);
    EXPECT_EQ(told.process().user_id(), 1001u);
}

TEST_F(EventHandlerTest, a_forked_child_is_what_its_parent_was) {
    proc.put({.pid = 3, .name = "shell", .arguments = {"shell", "-i"}, .executable = "/bin/shell"});
    handle(event(event_kind::exec, 3));
    proc.put({.pid = 5, .name = "already-next", .parent = 3, .start = 1100});
    const auto told = fork(5, 3);
    EXPECT_EQ(told.process().name(), "shell");
    EXPECT_EQ(told.process().command_args(1), "-i");
    EXPECT_EQ(told.process().original_parent_pid(), 3u);
    EXPECT_NE(told.process().create_time_unix_nano(), 0u);
    EXPECT_TRUE(store->find(5)->is_announced);
}

TEST_F(EventHandlerTest, exit_of_a_dead_process_carries_its_last_identity) {
    proc.put({.pid = 5, .name = "job", .parent = 3});
    const auto before = handle(event(event_kind::exec, 5));
    proc.remove(5);
    const auto told = exit(5, 7 << 8);
    EXPECT_EQ(told.kind(), v1::ProcessEvent::KIND_EXIT);
    EXPECT_EQ(told.exit_code(), 7u);
    EXPECT_TRUE(told.has_exit_signal());
    EXPECT_EQ(told.exit_signal(), 0u);
    EXPECT_EQ(told.process().name(), "job");
    EXPECT_EQ(told.process().parent_pid(), 3u);
    EXPECT_EQ(told.process().create_time_unix_nano(), before.process().create_time_unix_nano());
    EXPECT_EQ(store->find(5), nullptr);
}

TEST_F(EventHandlerTest, a_zombie_still_tells_its_cpu_time) {
    proc.put({.pid = 5, .name = "job", .user_ticks = 1});
    handle(event(event_kind::exec, 5));
    proc.put(
        {.pid = 5, .name = "job", .state = 'Z', .user_ticks = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)) * 3});
    EXPECT_DOUBLE_EQ(exit(5, 9).process().cpu_time_user(), 3.0);
}

TEST_F(EventHandlerTest, exit_re_parents_the_children_at_once) {
    proc.put({.pid = 5, .parent = 3});
    proc.put({.pid = 6, .parent = 5});
    handle(event(event_kind::exec, 5));
    handle(event(event_kind::exec, 6));
    fork(7, 5);  // gone before it could be read: its parent stays
    proc.put({.pid = 6, .parent = 1});
    exit(5, 0);
    EXPECT_EQ(store->find(6)->facts.parent_pid, 1u);
    EXPECT_EQ(store->find(7)->facts.original_parent_pid, 5u);
}

TEST_F(EventHandlerTest, a_late_exit_does_not_end_the_next_owner_of_the_pid) {
    proc.put({.pid = 5, .name = "next", .start = 1'000'000'000});
    store->tree().limit_arguments(100);
    auto& draft = store->blank_draft(5);
    ASSERT_TRUE(store->tree().read(5, depth::full, draft));
    ASSERT_NE(store->keep(), nullptr);
    const auto told = exit(5, 0);
    EXPECT_EQ(told.process().name(), "");
    EXPECT_EQ(told.process().create_time_unix_nano(), 0u);
    ASSERT_NE(store->find(5), nullptr);
    EXPECT_EQ(store->find(5)->facts.name, "next");
}

TEST_F(EventHandlerTest, a_reused_pid_starts_with_a_clean_record) {
    proc.put({.pid = 5, .name = "old", .start = 1000});
    handle(event(event_kind::exec, 5));
    proc.put({.pid = 5, .name = "new", .parent = 2, .start = 1200, .arguments = {}, .executable = ""});
    const auto told = fork(5, 2);
    EXPECT_EQ(told.process().executable_path(), "");
    EXPECT_EQ(told.process().name(), "new");
    EXPECT_EQ(store->find(5)->facts.start_ticks, 1200u);
}

TEST_F(EventHandlerTest, names_and_ids_follow_the_kernel) {
    proc.put({.pid = 5});
    kernel_event renamed = event(event_kind::comm, 5);
    std::copy_n("fresh", 6, renamed.name.begin());
    EXPECT_EQ(handle(renamed).process().name(), "fresh");
    kernel_event switched = event(event_kind::uid, 5);
    switched.real_id = 10;
    switched.effective_id = 0;
    const auto told = handle(switched);
    EXPECT_EQ(told.kind(), v1::ProcessEvent::KIND_UID);
    EXPECT_EQ(told.real_id(), 10u);
    EXPECT_TRUE(told.has_effective_id());
    EXPECT_EQ(told.process().user_id(), 0u);
    EXPECT_EQ(told.process().group_id(), 101u);
    switched.kind = event_kind::gid;
    EXPECT_EQ(handle(switched).process().group_id(), 0u);
    EXPECT_EQ(store->find(5)->facts.name, "fresh");
}

TEST_F(EventHandlerTest, threads_are_not_processes) {
    kernel_event thread = event(event_kind::fork, 5);
    thread.thread = 6;
    handler->handle(thread);
    thread.kind = event_kind::exit;
    handler->handle(thread);
    handler->handle(event(event_kind::other, 5));
    EXPECT_TRUE(host.lane.envelopes(event_topic).empty());
}

}  // namespace
}  // namespace sonde::process
