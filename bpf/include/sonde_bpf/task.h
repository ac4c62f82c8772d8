/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Reading a task: who it is, and its CPU time. By CO-RE reads only, so that it serves every kind of program. */
#pragma once

#include "config.h"
#include "process.h"
#include "program.h"

static __always_inline __u64 sonde_cgroup_of(const struct task_struct* task) {
    return BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
}

static __always_inline __u32 sonde_pid_level(const struct task_struct* task) {
    return BPF_CORE_READ(task, thread_pid, level);
}

/* True if only containers are wanted and this is none. */
static __always_inline int sonde_is_unwanted(const struct task_struct* task) {
    return sonde_config.containers_only && sonde_pid_level(task) == 0;
}

static __always_inline void sonde_read_namespaces(struct sonde_process* into, const struct task_struct* task,
                                                  const struct task_struct* leader) {
    const struct nsproxy* proxy = BPF_CORE_READ(task, nsproxy);
    const struct pid* pid = BPF_CORE_READ(leader, thread_pid);
    const struct upid* own = &pid->numbers[0];

    into->level = BPF_CORE_READ(pid, level);
    own = (const void*)own + into->level * bpf_core_type_size(struct upid);
    into->namespace_pid = BPF_CORE_READ(own, nr);
    into->pid_namespace = BPF_CORE_READ(own, ns, ns.inum);
    into->mount_namespace = BPF_CORE_READ(proxy, mnt_ns, ns.inum);
    into->network_namespace = BPF_CORE_READ(proxy, net_ns, ns.inum);
}

/* The process of `task`. What belongs to the group is read from its leader; what a leader that has ended no longer has
 * (namespaces, cgroup) from `task` itself. */
static __always_inline void sonde_read_process(struct sonde_process* into, const struct task_struct* task) {
    const struct task_struct* leader = BPF_CORE_READ(task, group_leader);

    into->start_time = BPF_CORE_READ(leader, start_boottime);
    into->cgroup_id = sonde_cgroup_of(task);
    into->pid = BPF_CORE_READ(task, tgid);
    into->tid = BPF_CORE_READ(task, pid);
    into->parent_pid = BPF_CORE_READ(leader, real_parent, tgid);
    into->user_id = BPF_CORE_READ(task, cred, euid.val);
    into->group_id = BPF_CORE_READ(task, cred, egid.val);
    into->flags = 0;
    into->reserved = 0;
    sonde_read_namespaces(into, task, leader);
    bpf_core_read(into->name, sizeof(into->name), &leader->comm);
}

static __always_inline void sonde_read_times(struct sonde_process_times* into, const struct task_struct* task) {
    const struct signal_struct* signal = BPF_CORE_READ(task, signal);
    const struct task_struct* leader = BPF_CORE_READ(task, group_leader);

    into->user = BPF_CORE_READ(signal, utime) + BPF_CORE_READ(task, utime);
    into->system = BPF_CORE_READ(signal, stime) + BPF_CORE_READ(task, stime);
    into->runtime = BPF_CORE_READ(signal, sum_sched_runtime) + BPF_CORE_READ(task, se.sum_exec_runtime);
    if (leader != task) {
        into->user += BPF_CORE_READ(leader, utime);
        into->system += BPF_CORE_READ(leader, stime);
        into->runtime += BPF_CORE_READ(leader, se.sum_exec_runtime);
    }
}

/* Pages of one kind: MM_FILEPAGES 0, MM_ANONPAGES 1, MM_SHMEMPAGES 3 (include/linux/mm_types_task.h). Since Linux 6.2
 * each is a counter per CPU, of which the common part is read: it lags by at most a batch per CPU. */
static __always_inline __u64 sonde_pages(const struct mm_struct* mm, int kind) {
    __s64 count;

    if (bpf_core_type_exists(struct mm_rss_stat)) {
        const struct mm_struct___before_6_2* old = (const void*)mm;
        const atomic_long_t* counter = (const void*)&old->rss_stat.count[0] + kind * sizeof(atomic_long_t);
        count = BPF_CORE_READ(counter, counter);
    } else {
        /* An index that is no literal is not relocated: the size of the kernel's counter is asked for instead. */
        const struct percpu_counter* counter =
            (const void*)&mm->rss_stat[0] + kind * bpf_core_type_size(struct percpu_counter);
        count = BPF_CORE_READ(counter, count);
    }
    return count > 0 ? count : 0;
}
