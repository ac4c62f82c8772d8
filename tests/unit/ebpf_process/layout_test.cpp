// SPDX-License-Identifier: Apache-2.0
// Offsets of the layouts that both sides share. The kernel side's compiler checks the sizes too, in the headers.
#include <cstddef>

#include <gtest/gtest.h>

#include <sonde_bpf/loss.h>
#include <sonde_bpf/process.h>
#include <sonde_bpf/send.h>
#include <sonde_bpf/xdp.h>

static_assert(offsetof(sonde_event, type) == 8 && offsetof(sonde_event, size) == 12);
static_assert(offsetof(sonde_process, cgroup_id) == 8 && offsetof(sonde_process, pid) == 16);
static_assert(offsetof(sonde_process, user_id) == 36 && offsetof(sonde_process, flags) == 56);
static_assert(offsetof(sonde_process, name) == 64);
static_assert(offsetof(sonde_process_exec, process) == 16 && offsetof(sonde_process_exec, times) == 96);
static_assert(offsetof(sonde_process_exec, threads) == 136 && offsetof(sonde_process_exec, filename_size) == 144);
static_assert(offsetof(sonde_process_usage, times) == 96 && offsetof(sonde_process_usage, open_files) == 148);
static_assert(offsetof(sonde_thread_usage, times) == 16 && offsetof(sonde_thread_usage, pid) == 40);
static_assert(offsetof(sonde_process_exit, resident_pages_peak) == 120 && offsetof(sonde_process_exit, status) == 128);
static_assert(offsetof(sonde_oom_kill, virtual_pages) == 96 && offsetof(sonde_oom_kill, score_adjustment) == 128);
static_assert(offsetof(sonde_signal, number) == 96 && offsetof(sonde_signal, sender_name) == 112);
static_assert(offsetof(sonde_send, local_address) == 40 && offsetof(sonde_send, remote_port) == 74);

TEST(Layout, numbers_of_events_fit_the_table_of_losses) {
    EXPECT_LT(SONDE_EVENT_THREAD, SONDE_EVENT_TYPE_COUNT);
    EXPECT_EQ(sizeof(sonde_losses) / sizeof(__u64), std::size_t{SONDE_EVENT_TYPE_COUNT} * SONDE_LOSS_REASON_PLACES);
    EXPECT_LE(SONDE_LOSS_REASON_COUNT, SONDE_LOSS_REASON_PLACES);
}
