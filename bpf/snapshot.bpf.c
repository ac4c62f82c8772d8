/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* What processes are there: user space reads the iterator as a file, a record per process. The sleepable form reads
 * command lines itself, also of processes that are swapped out; where the kernel has no such helper (before Linux 5.18)
 * the plain form leaves them to user space. */
#include "sonde_bpf/program.h"

#include "sonde_bpf/loss.h"
#include "sonde_bpf/task.h"
#include "sonde_bpf/texts.h"

SONDE_LICENSE;

#define PF_KTHREAD 0x00200000 /* include/linux/sched.h */

/* One reader at a time: user space has one iterator open. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct sonde_process_scratch);
} snapshot_scratch SEC(".maps");

static __always_inline __u32 task_state(const struct task_struct* task) {
    if (bpf_core_field_exists(task->__state)) {
        return BPF_CORE_READ(task, __state) | BPF_CORE_READ(task, exit_state);
    }
    const struct task_struct___before_5_14* old = (const void*)task;
    return BPF_CORE_READ(old, state) | BPF_CORE_READ(task, exit_state);
}

/* Everything but the command line; null if the task is no process that is wanted. */
static __always_inline struct sonde_process_scratch* look_at(const struct task_struct* task) {
    const __u32 zero = 0;
    struct sonde_process_scratch* scratch;

    if (!task || BPF_CORE_READ(task, pid) != BPF_CORE_READ(task, tgid) || sonde_is_unwanted(task)) {
        return 0;
    }
    scratch = bpf_map_lookup_elem(&snapshot_scratch, &zero);
    if (!scratch) {
        return 0;
    }
    struct sonde_process_exec* record = &scratch->record;
    const struct mm_struct* mm = BPF_CORE_READ(task, mm);
    __builtin_memset(record, 0, sizeof(*record));
    sonde_read_process(&record->process, task);
    sonde_read_times(&record->times, task);
    record->threads = BPF_CORE_READ(task, signal, nr_threads);
    record->state = task_state(task);
    if (BPF_CORE_READ(task, flags) & PF_KTHREAD) {
        record->process.flags |= SONDE_PROCESS_KERNEL_THREAD;
    } else if (mm) {
        record->resident_pages = sonde_pages(mm, 0) + sonde_pages(mm, 1) + sonde_pages(mm, 3);
        record->virtual_pages = BPF_CORE_READ(mm, total_vm);
        sonde_read_places(scratch, task, mm);
    }
    return scratch;
}

static __always_inline int tell(struct seq_file* to, struct sonde_process_scratch* scratch) {
    const __u64 size = sonde_exec_size(&scratch->record);

    if (size > sizeof(*scratch)) {
        return 0;
    }
    sonde_event_begin(&scratch->record.event, SONDE_EVENT_PROCESS, size);
    bpf_seq_write(to, scratch, size);
    return 0;
}

SEC("iter.s/task")
int process_snapshot_sleepable(struct bpf_iter__task* ctx) {
    struct task_struct* task = ctx->task;
    struct sonde_process_scratch* scratch = look_at(task);

    if (!task || !scratch) {
        return 0;
    }
    struct sonde_process_exec* record = &scratch->record;
    const struct mm_struct* mm = BPF_CORE_READ(task, mm);
    const __u32 size = sonde_texts_size(record);
    const __u64 wanted =
        mm && !(record->process.flags & SONDE_PROCESS_KERNEL_THREAD) ? sonde_args_wanted(&record->process, mm) : 0;
    if (wanted > 0 && wanted <= SONDE_ARGS_LIMIT) {
        if (bpf_copy_from_user_task(scratch->text + size, wanted, (const void*)BPF_CORE_READ(mm, arg_start), task, 0)) {
            record->process.flags |= SONDE_PROCESS_ARGS_UNREAD;
            sonde_count_loss(SONDE_EVENT_PROCESS, SONDE_LOSS_READ_FAULT);
        } else {
            record->args_size = wanted;
        }
    }
    return tell(ctx->meta->seq, scratch);
}

SEC("iter/task")
int process_snapshot(struct bpf_iter__task* ctx) {
    struct sonde_process_scratch* scratch = look_at(ctx->task);

    if (!scratch) {
        return 0;
    }
    if (!(scratch->record.process.flags & SONDE_PROCESS_KERNEL_THREAD)) {
        scratch->record.process.flags |= SONDE_PROCESS_ARGS_UNREAD;
    }
    return tell(ctx->meta->seq, scratch);
}
