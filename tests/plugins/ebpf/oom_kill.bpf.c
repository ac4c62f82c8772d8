/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* A record for each process that the kernel kills for want of memory. */
#include "oom_kill.h"

#include <sonde_bpf/ring.h>
#include <sonde_bpf/task.h>

SONDE_LICENSE;

/* Kernel types with the fields that are read here and nowhere else; what follows ___ is not part of the name. */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct kernfs_node___named {
    const char* name;
};
struct cgroup___named {
    struct kernfs_node___named* kn;
};
struct cgroup_subsys_state {
    struct cgroup___named* cgroup;
};
struct css_set___states {
    struct cgroup_subsys_state* subsys[1]; /* one per controller */
};
#pragma clang attribute pop
enum cgroup_subsys_id {
    memory_cgrp_id = 1, /* the number is the running kernel's */
};

static __always_inline void read_cgroup(char* into, const struct task_struct* task) {
    const struct css_set___states* set = (const void*)BPF_CORE_READ(task, cgroups);
    const void* states = (const void*)set + bpf_core_field_offset(struct css_set___states, subsys);
    const __u64 number = bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id);
    struct cgroup_subsys_state* state = 0;

    into[0] = 0;
    bpf_probe_read_kernel(&state, sizeof(state), states + number * sizeof(state));
    bpf_probe_read_kernel_str(into, OOM_KILL_CGROUP_NAME, BPF_CORE_READ(state, cgroup, kn, name));
}

/* Since Linux 6.9 the tracepoint hands over the task; kernels that give only a pid refuse this program, which asks for
 * a second argument. */
SEC("tp_btf/mark_victim")
int BPF_PROG(victim_task, struct task_struct* task, __u32 user_id) {
    struct oom_kill_record* record = sonde_ring_reserve(OOM_KILL_EVENT, sizeof(*record));

    if (!record) {
        return 0;
    }
    sonde_read_process(&record->process, task);
    record->process.user_id = user_id;
    record->anonymous_pages = sonde_pages(BPF_CORE_READ(task, mm), 1);
    read_cgroup(record->cgroup, task);
    sonde_ring_submit(record, sizeof(*record));
    return 0;
}

SEC("tp_btf/mark_victim")
int BPF_PROG(victim_pid, int pid) {
    struct oom_kill_record* record = sonde_ring_reserve(OOM_KILL_EVENT, sizeof(*record));

    if (!record) {
        return 0;
    }
    __builtin_memset(&record->process, 0, sizeof(*record) - sizeof(record->event));
    record->process.pid = pid;
    sonde_ring_submit(record, sizeof(*record));
    return 0;
}
