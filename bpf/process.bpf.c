/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* What processes do: exec, fork of a process, end of its last thread. Each as a BTF tracepoint, and as a raw tracepoint
 * for kernels that refuse the first kind. A plain tracepoint would need tracefs and give less. */
#include "sonde_bpf/program.h"

#include "sonde_bpf/ring.h"
#include "sonde_bpf/task.h"
#include "sonde_bpf/texts.h"

SONDE_LICENSE;

#define SIGNAL_GROUP_EXIT 0x00000004 /* include/linux/sched/signal.h */

/* A record is put together here, since its size is known only at its end. The kernel does not let a program interrupt
 * itself on the same CPU. */
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct sonde_process_scratch);
} process_exec_scratch SEC(".maps");

static __always_inline void read_exec_texts(struct sonde_process_scratch* scratch, const struct task_struct* task,
                                            const struct linux_binprm* binprm) {
    struct sonde_process_exec* record = &scratch->record;
    const struct mm_struct* mm = BPF_CORE_READ(task, mm);
    const long taken = bpf_probe_read_kernel_str(scratch->text, SONDE_FILENAME_LIMIT, BPF_CORE_READ(binprm, filename));

    if (taken > 0 && taken <= SONDE_FILENAME_LIMIT) {
        record->filename_size = taken;
    }
    sonde_read_places(scratch, task, mm);
    const __u32 size = sonde_texts_size(record);
    const __u64 wanted = sonde_args_wanted(&record->process, mm);
    if (wanted == 0 || wanted > SONDE_ARGS_LIMIT) {
        return;
    }
    if (bpf_probe_read_user(scratch->text + size, wanted, (const void*)BPF_CORE_READ(mm, arg_start))) {
        record->process.flags |= SONDE_PROCESS_ARGS_UNREAD;
        sonde_count_loss(SONDE_EVENT_EXEC, SONDE_LOSS_READ_FAULT);
        return;
    }
    record->args_size = wanted;
}

static __always_inline int tell_exec(const struct task_struct* task, const struct linux_binprm* binprm) {
    const __u32 zero = 0;
    struct sonde_process_scratch* scratch;

    if (sonde_is_unwanted(task)) {
        return 0;
    }
    scratch = bpf_map_lookup_elem(&process_exec_scratch, &zero);
    if (!scratch) {
        return 0;
    }
    struct sonde_process_exec* record = &scratch->record;
    __builtin_memset(record, 0, sizeof(*record));
    sonde_read_process(&record->process, task);
    read_exec_texts(scratch, task, binprm);
    if (record->process.flags & (SONDE_PROCESS_ARGS_CUT | SONDE_PROCESS_EXECUTABLE_CUT | SONDE_PROCESS_DIRECTORY_CUT)) {
        sonde_count_loss(SONDE_EVENT_EXEC, SONDE_LOSS_TRUNCATED);
    }
    const __u64 size = sonde_exec_size(record);
    if (size > sizeof(*scratch)) {
        return 0;
    }
    sonde_event_begin(&record->event, SONDE_EVENT_EXEC, size);
    sonde_ring_output(&record->event, size);
    return 0;
}

static __always_inline int tell_fork(const struct task_struct* child) {
    struct sonde_process_fork* record;

    if (BPF_CORE_READ(child, pid) != BPF_CORE_READ(child, tgid) || sonde_is_unwanted(child)) {
        return 0; /* a thread */
    }
    record = sonde_ring_reserve(SONDE_EVENT_FORK, sizeof(*record));
    if (record) {
        sonde_read_process(&record->process, child);
        sonde_ring_submit(record, sizeof(*record));
    }
    return 0;
}

/* A process ends with its last thread: a leader that leaves early ends nothing, and its zombie is waited for only then.
 * wait(2) reports the group's code if exit_group() or a signal ended it, else the leader's. */
static __always_inline int tell_exit(const struct task_struct* task) {
    const struct signal_struct* signal = BPF_CORE_READ(task, signal);
    struct sonde_process_exit* record;

    if (sonde_is_unwanted(task)) {
        return 0;
    }
    record = sonde_ring_reserve(SONDE_EVENT_EXIT, sizeof(*record));
    if (!record) {
        return 0;
    }
    sonde_read_process(&record->process, task);
    sonde_read_times(&record->times, task);
    record->resident_pages_peak = BPF_CORE_READ(signal, maxrss);
    record->status = BPF_CORE_READ(signal, flags) & SIGNAL_GROUP_EXIT ? BPF_CORE_READ(signal, group_exit_code)
                                                                      : BPF_CORE_READ(task, group_leader, exit_code);
    record->reserved = 0;
    sonde_ring_submit(record, sizeof(*record));
    return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_exec, struct task_struct* task, int old_pid, struct linux_binprm* binprm) {
    return tell_exec(task, binprm);
}

SEC("raw_tp/sched_process_exec")
int BPF_PROG(process_exec_raw, struct task_struct* task, int old_pid, struct linux_binprm* binprm) {
    return tell_exec(task, binprm);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_fork, struct task_struct* parent, struct task_struct* child) { return tell_fork(child); }

SEC("raw_tp/sched_process_fork")
int BPF_PROG(process_fork_raw, struct task_struct* parent, struct task_struct* child) { return tell_fork(child); }

/* Since Linux 6.16 the kernel says which thread is the last; older ones refuse this program, having no such argument. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit_group, struct task_struct* task, _Bool group_dead) { return group_dead ? tell_exit(task) : 0; }

/* Before, no live thread being left says it. Two last threads that leave at once may both see none: user space drops
 * the second record. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct* task) {
    return BPF_CORE_READ(task, signal, live.counter) == 0 ? tell_exit(task) : 0;
}

SEC("raw_tp/sched_process_exit")
int BPF_PROG(process_exit_raw, struct task_struct* task) {
    return BPF_CORE_READ(task, signal, live.counter) == 0 ? tell_exit(task) : 0;
}
