/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The process and thread that makes a system call: what an event of a single call says of it. */
#pragma once

#include "types.h"

struct sonde_caller {
    __u64 process_start; /* CLOCK_BOOTTIME ns, of the thread group; 0: could not be read */
    __u64 cgroup_id;     /* on cgroup v2 */
    __u32 pid;           /* thread group, in the initial pid namespace */
    __u32 tid;
    __u32 level;             /* of its pid namespace; 0 is the initial one, more is a container */
    __u32 network_namespace; /* inode; 0: could not be read */
    char name[16];           /* comm of the thread; not always terminated */
};
static_assert(sizeof(struct sonde_caller) == 48, "layout shared with user space");

#ifdef __bpf__
#include "program.h"

/* By reading memory only, which all kinds of programs may that may read at all. */
static __always_inline void sonde_read_caller(struct sonde_caller* into, const struct task_struct* task) {
    into->process_start = BPF_CORE_READ(task, group_leader, start_boottime);
    into->cgroup_id = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
    into->pid = BPF_CORE_READ(task, tgid);
    into->tid = BPF_CORE_READ(task, pid);
    into->level = BPF_CORE_READ(task, thread_pid, level);
    into->network_namespace = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
    bpf_core_read(into->name, sizeof(into->name), &task->comm);
}
#endif
