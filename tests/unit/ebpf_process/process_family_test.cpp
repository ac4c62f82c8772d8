// SPDX-License-Identifier: Apache-2.0
// From recorded bytes to envelopes, without a kernel.
#include "ebpf/process/process_family.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sonde/testing/fake_host.hpp>
#include <sonde_bpf/send.h>

#include "bpf/support/programs.hpp"
#include "ebpf/process/kernel_event_family.hpp"
#include "samples.hpp"
#include "sonde/v1/kernel_event.pb.h"
#include "sonde/v1/process.pb.h"

namespace sonde::ebpf::process {
namespace {

using ::testing::ElementsAre;

template <class Message>
Message payload_of(const testing::envelope_record& record) {
    Message event;
    EXPECT_TRUE(event.ParseFromArray(record.data.data(), static_cast<int>(record.data.size())));
    return event;
}

template <class Record>
bool hand_in(family& to, Record record, std::uint32_t type) {
    record.event = {1'000, type, sizeof record};
    record_bytes bytes(sizeof record);
    bytes.put(0, record);
    return to.on_record(record.event, bytes.all());
}

class ProcessFamilyTest : public ::testing::Test {
protected:
    // With no hooks nothing is asked of the kernel.
    ProcessFamilyTest() : nothing(*bpf::session::load({})) { EXPECT_TRUE(processes.open(nothing)); }

    testing::fake_host host;
    bpf::session nothing;
    std::shared_ptr<cgroup_names> cgroups = std::make_shared<cgroup_names>("", "/proc");
    process_family processes{host.host(), {cgroups, "/proc", 4096, {}}};
};

TEST_F(ProcessFamilyTest, exec_becomes_an_event) {
    const record_bytes bytes = sample_exec();
    ASSERT_TRUE(processes.on_record(*as<sonde_event>(bytes.all()), bytes.all()));
    const auto told = host.lane.envelopes(process_topic);
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].pid, 4321u);
    EXPECT_EQ(told[0].content_type, "sonde.v1.ProcessEvent");
    EXPECT_EQ(told[0].network_namespace, 4026531840u);
    EXPECT_EQ(told[0].clock, static_cast<std::uint32_t>(clock_quality::kernel));
    EXPECT_FALSE(told[0].snapshot);
    const auto event = payload_of<v1::ProcessEvent>(told[0]);
    EXPECT_EQ(event.kind(), v1::ProcessEvent::KIND_EXEC);
    EXPECT_EQ(event.process().executable_path(), "/usr/bin/worker");
    EXPECT_EQ(event.process().working_directory(), "/srv/data");
    EXPECT_EQ(event.process().exec_path(), "./run");
    EXPECT_THAT(event.process().command_args(), ElementsAre("worker", "", "--all"));
    EXPECT_EQ(event.process().user_id(), 1000u);
    EXPECT_EQ(event.process().parent_pid(), 77u);
}

TEST_F(ProcessFamilyTest, exit_status_is_split) {
    sonde_process_exit exit{};
    exit.process = sample_process();
    exit.status = 7 << 8;
    ASSERT_TRUE(hand_in(processes, exit, SONDE_EVENT_EXIT));
    exit.process.pid = 4322;
    exit.status = 0x80 | 11;  // SIGSEGV with a core dump
    ASSERT_TRUE(hand_in(processes, exit, SONDE_EVENT_EXIT));
    const auto told = host.lane.envelopes(process_topic);
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(payload_of<v1::ProcessEvent>(told[0]).exit_code(), 7u);
    EXPECT_EQ(payload_of<v1::ProcessEvent>(told[0]).exit_signal(), 0u);
    EXPECT_EQ(payload_of<v1::ProcessEvent>(told[1]).exit_code(), 0u);
    EXPECT_EQ(payload_of<v1::ProcessEvent>(told[1]).exit_signal(), 11u);
}

TEST_F(ProcessFamilyTest, an_end_that_is_told_twice_is_published_once) {
    sonde_process_exit exit{};
    exit.process = sample_process();
    ASSERT_TRUE(hand_in(processes, exit, SONDE_EVENT_EXIT));
    ASSERT_TRUE(hand_in(processes, exit, SONDE_EVENT_EXIT));
    exit.process.start_time += 1;  // the pid again, another process
    ASSERT_TRUE(hand_in(processes, exit, SONDE_EVENT_EXIT));
    EXPECT_EQ(host.lane.envelopes(process_topic).size(), 2u);
}

TEST_F(ProcessFamilyTest, records_that_are_too_short_are_refused) {
    const record_bytes bytes = sample_exec();
    EXPECT_FALSE(processes.on_record(*as<sonde_event>(bytes.all()), bytes.all().first(sizeof(sonde_process_exec))));
    for (const std::uint32_t type : {SONDE_EVENT_FORK, SONDE_EVENT_EXIT, SONDE_EVENT_DNS}) {
        const sonde_event event{1, type, 24};
        EXPECT_FALSE(processes.on_record(event, bytes.all().first(24)));
    }
    EXPECT_TRUE(host.lane.envelopes(process_topic).empty());
}

TEST_F(ProcessFamilyTest, losses_are_told_to_the_lane) {
    processes.on_lost(SONDE_EVENT_EXEC, 3);
    EXPECT_EQ(host.lane.dropped(process_topic, drop_reason::kernel_ring_full), 3u);
}

TEST_F(ProcessFamilyTest, an_oom_kill_of_an_old_kernel_has_a_pid_and_nothing_made_up) {
    kernel_event_family kills(host.host(), oom_kills(), cgroups);
    ASSERT_TRUE(kills.open(nothing));
    sonde_oom_kill kill{};
    kill.process.pid = 99;
    ASSERT_TRUE(hand_in(kills, kill, SONDE_EVENT_OOM_KILL));
    kill.process = sample_process();
    kill.is_complete = 1;
    kill.anonymous_pages = 2;
    kill.score_adjustment = -7;
    ASSERT_TRUE(hand_in(kills, kill, SONDE_EVENT_OOM_KILL));
    const auto told = host.lane.envelopes(oom_topic);
    ASSERT_EQ(told.size(), 2u);
    const auto bare = payload_of<v1::OomKill>(told[0]);
    EXPECT_EQ(bare.victim().pid(), 99u);
    EXPECT_FALSE(bare.victim().has_user_id());
    EXPECT_FALSE(bare.has_memory_anonymous());
    const auto full = payload_of<v1::OomKill>(told[1]);
    EXPECT_EQ(full.victim().name(), "worker");
    EXPECT_EQ(full.memory_anonymous(), 2u * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
    EXPECT_EQ(full.score_adjustment(), -7);
}

TEST_F(ProcessFamilyTest, a_send_has_its_peer_in_network_order) {
    kernel_event_family sends(host.host(), tcp_sends(), cgroups);
    ASSERT_TRUE(sends.open(nothing));
    sonde_send send{};
    send.bytes = 12;
    send.family = 2;
    send.remote_address[0] = 192;
    send.remote_address[3] = 1;
    send.remote_port = 443;
    ASSERT_TRUE(hand_in(sends, send, SONDE_EVENT_SEND));
    const auto told = host.lane.envelopes(send_topic);
    ASSERT_EQ(told.size(), 1u);
    const auto event = payload_of<v1::TcpSend>(told[0]);
    EXPECT_EQ(event.remote_address(), std::string("\xc0\0\0\x01", 4));
    EXPECT_EQ(event.remote_port(), 443u);
    EXPECT_EQ(event.bytes(), 12u);
}

}  // namespace
}  // namespace sonde::ebpf::process
