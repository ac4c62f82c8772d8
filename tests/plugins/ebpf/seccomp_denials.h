/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Entries of the map that seccomp_denials.bpf.c counts in and seccomp_denials.cpp reads. */
#pragma once

#include <sonde_bpf/types.h>

#define SECCOMP_DENIALS_EVENT 1
#define SECCOMP_DENIALS_ENTRIES 4096

struct denial_key {
    char name[16]; /* of the process */
    __s32 syscall;
    __s32 error; /* that the call returned; 0: it was answered with SIGSYS */
};

struct denial_count {
    __u64 count;
    __u64 cgroup_id; /* of the last one, on cgroup v2 */
    __u32 pid;       /* likewise */
    __u32 reserved;
};

static_assert(sizeof(struct denial_key) == 24, "layout shared with user space");
static_assert(sizeof(struct denial_count) == 24, "layout shared with user space");
