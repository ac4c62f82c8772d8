/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The record that oom_kill.bpf.c writes and oom_kill.cpp reads. */
#pragma once

#include <sonde_bpf/process.h>

#define OOM_KILL_EVENT 1
#define OOM_KILL_CGROUP_NAME 64

struct oom_kill_record {
    struct sonde_event event;
    struct sonde_process process; /* the victim; `start_time` 0: the kernel told the pid only */
    __u64 anonymous_pages;
    char cgroup[OOM_KILL_CGROUP_NAME]; /* last part of the path of its memory cgroup, v1 or v2 */
};

static_assert(sizeof(struct oom_kill_record) == 168, "layout shared with user space");
