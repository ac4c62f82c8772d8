// SPDX-License-Identifier: Apache-2.0
// The source over directories that look like a cgroup file system; processes are told by a /proc of the test's own.
#include "container/cgroup_source.hpp"

#include <gtest/gtest.h>

#include "samples.hpp"

namespace sonde::container {
namespace {

constexpr origin cgroup{source::cgroup, 0};

struct CgroupSource : ::testing::Test {
    own_directory files;
    remembering_sink sink;

    // A process as /proc shows it; `start` in clock ticks after the boot.
    void process(int pid, const std::string& name, int start, const std::string& path, const std::string& inner = "") {
        const std::string at = "proc/" + std::to_string(pid);
        std::string stat = std::to_string(pid) + " (" + name + ") S";
        for (int field = 4; field < 22; ++field) {
            stat += " 0";
        }
        files.write(at + "/stat", stat + " " + std::to_string(start) + " 0\n");
        files.write(at + "/status", "Name:\tx\nNSpid:\t" + std::to_string(pid) + inner + "\n");
        files.write(at + "/cgroup", "0::" + path + "\n");
    }
    cgroup_mounts unified() {
        files.write("cg/cgroup.controllers", "");
        return find_cgroup_mounts(files.path() + "/cg");
    }
};

TEST_F(CgroupSource, mounts_of_v2_v1_and_both_are_found) {
    EXPECT_EQ(unified().unified, files.path() + "/cg");
    EXPECT_EQ(unified().legacy, "");
    files.write("hybrid/unified/cgroup.controllers", "");
    files.write("hybrid/memory/cgroup.procs", "");
    files.write("hybrid/systemd/cgroup.procs", "");
    const auto both = find_cgroup_mounts(files.path() + "/hybrid");
    EXPECT_EQ(both.unified, files.path() + "/hybrid/unified");
    EXPECT_EQ(both.legacy, files.path() + "/hybrid/systemd");
    files.write("old/memory/cgroup.procs", "");
    EXPECT_EQ(find_cgroup_mounts(files.path() + "/old").legacy, files.path() + "/old/memory");
    EXPECT_EQ(find_cgroup_mounts(files.path() + "/none").unified, "");
}

TEST_F(CgroupSource, a_running_container_is_known_at_the_start) {
    const std::string path = "/kubepods/pod" + pod_uid + "/" + id_a;
    files.write("cg" + path + "/cgroup.procs", "31\n30\n32\n");
    process(30, "sh", 500, path, "\t1");
    process(31, "runc:[1:CHILD]", 400, path);
    process(32, "worker", 450, path, "\t9");
    proc_reader processes(files.path() + "/proc", unified().unified);
    cgroup_source own(cgroup, unified(), processes, sink, 100);
    ASSERT_TRUE(own.start());
    ASSERT_EQ(sink.told.size(), 1u);
    const container_facts& facts = sink.told.front();
    EXPECT_EQ(facts.id, id_a);
    EXPECT_EQ(facts.pod_uid, pod_uid);
    EXPECT_EQ(facts.init_pid, 30u);
    EXPECT_EQ(facts.state, run_state::running);
    EXPECT_EQ(facts.cgroup_id, inode_of(files.path() + "/cg" + path));
    EXPECT_GT(facts.started, 0);
    EXPECT_EQ(own.status().how, health_of_source::answering);
}

TEST_F(CgroupSource, a_container_is_told_from_its_making_to_its_end) {
    files.make("cg/docker");
    proc_reader processes(files.path() + "/proc", unified().unified);
    cgroup_source own(cgroup, unified(), processes, sink, 100);
    ASSERT_TRUE(own.start());
    const std::string path = "/docker/" + id_a;
    files.make("cg" + path);
    own.drain();
    ASSERT_EQ(sink.told.size(), 1u);
    EXPECT_EQ(sink.told.back().state, run_state::created);
    EXPECT_EQ(sink.told.back().created, sink.now());
    process(40, "sh", 500, path, "\t1");
    files.write("cg" + path + "/cgroup.procs", "40\n");
    own.drain();
    EXPECT_EQ(sink.told.back().state, run_state::running);
    EXPECT_EQ(sink.told.back().init_pid, 40u);
    files.write("cg" + path + "/cgroup.events", "populated 0\nfrozen 0\n");
    own.drain();
    EXPECT_EQ(sink.words.back(), "end aaaa");
    sink.words.clear();
    files.remove("cg" + path);
    own.drain();
    EXPECT_EQ(sink.words, (std::vector<std::string>{"end aaaa", "forget aaaa"}));
}

TEST_F(CgroupSource, one_in_two_hierarchies_is_gone_when_both_are) {
    files.write("cg/unified/cgroup.controllers", "");
    files.write("cg/systemd/cgroup.procs", "");
    files.make("cg/unified/docker/" + id_a);
    files.make("cg/systemd/docker/" + id_a);
    const auto mounts = find_cgroup_mounts(files.path() + "/cg");
    proc_reader processes(files.path() + "/proc", mounts.unified);
    cgroup_source own(cgroup, mounts, processes, sink, 100);
    ASSERT_TRUE(own.start());
    EXPECT_EQ(sink.told.back().cgroup_id, inode_of(files.path() + "/cg/unified/docker/" + id_a));
    files.remove("cg/unified/docker/" + id_a);
    own.drain();
    EXPECT_EQ(sink.words.back(), "tell aaaa");
    files.remove("cg/systemd/docker/" + id_a);
    own.drain();
    EXPECT_EQ(sink.words.back(), "forget aaaa");
}

TEST_F(CgroupSource, one_that_came_and_went_unseen_is_told_too) {
    files.make("cg/docker");
    proc_reader processes(files.path() + "/proc", unified().unified);
    cgroup_source own(cgroup, unified(), processes, sink, 100);
    ASSERT_TRUE(own.start());
    files.make("cg/docker/" + id_a);
    files.remove("cg/docker/" + id_a);
    own.drain();
    EXPECT_EQ(sink.words, (std::vector<std::string>{"tell aaaa", "end aaaa", "forget aaaa"}));
}

TEST_F(CgroupSource, another_process_takes_the_place_of_the_first) {
    const std::string path = "/docker/" + id_a;
    process(40, "sh", 500, path);
    files.write("cg" + path + "/cgroup.procs", "40\n");
    proc_reader processes(files.path() + "/proc", unified().unified);
    cgroup_source own(cgroup, unified(), processes, sink, 100);
    ASSERT_TRUE(own.start());
    process(41, "sh", 600, path);
    files.write("cg" + path + "/cgroup.procs", "41\n");
    files.remove("proc/40");
    own.process_ended(id_a, 40, 1);
    EXPECT_EQ(sink.told.back().init_pid, 41u);
    files.write("cg" + path + "/cgroup.procs", "");
    files.remove("proc/41");
    own.process_ended(id_a, 41, 1);
    EXPECT_EQ(sink.words.back(), "end aaaa");
}

}  // namespace
}  // namespace sonde::container
