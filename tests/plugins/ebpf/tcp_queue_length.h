/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The record that tcp_queue_length.bpf.c writes and tcp_queue_length.cpp reads. */
#pragma once

#include <sonde_bpf/types.h>

struct tcp_queue_record {
    __u64 start_time; /* CLOCK_BOOTTIME ns of the process; with the pid it identifies it */
    __u32 pid;
    __u32 receive_used; /* bytes, with what the kernel needs to keep them */
    __u32 receive_limit;
    __u32 send_used;
    __u32 send_limit;
    __u32 reserved;
    char name[16]; /* of the process; not always terminated */
};

static_assert(sizeof(struct tcp_queue_record) == 48, "layout shared with user space");
