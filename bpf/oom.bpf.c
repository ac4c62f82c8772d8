/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Victims of the kernel's out-of-memory killer, with what they held. */
#include "sonde_bpf/program.h"

#include "sonde_bpf/ring.h"
#include "sonde_bpf/task.h"

SONDE_LICENSE;

/* Since Linux 6.9 the tracepoint hands over the task and its user; kernels that give only a pid refuse this program,
 * for want of a second argument. */
SEC("tp_btf/mark_victim")
int BPF_PROG(oom_kill, struct task_struct* task, __u32 user_id) {
    struct sonde_oom_kill* record = sonde_ring_reserve(SONDE_EVENT_OOM_KILL, sizeof(*record));

    if (!record) {
        return 0;
    }
    const struct mm_struct* mm = BPF_CORE_READ(task, mm);
    sonde_read_process(&record->process, task);
    record->process.user_id = user_id;
    record->virtual_pages = BPF_CORE_READ(mm, total_vm);
    record->file_pages = sonde_pages(mm, 0);
    record->anonymous_pages = sonde_pages(mm, 1);
    record->shared_pages = sonde_pages(mm, 3);
    record->score_adjustment = BPF_CORE_READ(task, signal, oom_score_adj);
    record->is_complete = 1;
    sonde_ring_submit(record, sizeof(*record));
    return 0;
}

SEC("tp_btf/mark_victim")
int BPF_PROG(oom_kill_pid, int pid) {
    struct sonde_oom_kill* record = sonde_ring_reserve(SONDE_EVENT_OOM_KILL, sizeof(*record));

    if (!record) {
        return 0;
    }
    __builtin_memset(&record->process, 0, sizeof(*record) - sizeof(record->event));
    record->process.pid = pid;
    sonde_ring_submit(record, sizeof(*record));
    return 0;
}
