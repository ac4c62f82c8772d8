/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* What processes are there: user space reads the iterator as a file, a record per process. The sleepable form reads
 * command lines itself, also of processes that are swapped out; where the kernel has no such helper (before Linux 5.18)
 * the plain form leaves them to user space. What processes use is a pass of its own, which reads no texts. */
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
        return task->__state | task->exit_state;
    }
    const struct task_struct___before_5_14* old = (const void*)task;
    return old->state | task->exit_state;
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

/* The pass that is made often: kernel memory is read directly, which the iterator's typed pointers allow, since a helper
 * call per field would cost more than everything else. */

#define PIDTYPE_SID 3             /* include/linux/pid_types.h */
#define SONDE_FILES_WORDS 64 /* 4,096 descriptors; of a larger table the number is not told */

struct sonde_files_scratch {
    __u64 words[SONDE_FILES_WORDS];
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct sonde_files_scratch);
} snapshot_files SEC(".maps");

static __always_inline __u32 bits_of(__u64 word) {
    word -= word >> 1 & 0x5555555555555555ull;
    word = (word & 0x3333333333333333ull) + (word >> 2 & 0x3333333333333333ull);
    word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0full;
    return word * 0x0101010101010101ull >> 56;
}

/* As /proc/PID/fd counts them since Linux 6.2: the bits of the table. Not locked, as nothing here is. */
static __always_inline __s32 open_files(const struct task_struct* task) {
    const __u32 zero = 0;
    const struct files_struct* files = task->files;
    struct sonde_files_scratch* scratch = bpf_map_lookup_elem(&snapshot_files, &zero);

    if (!files || !scratch) {
        return -1;
    }
    const struct fdtable* table = files->fdt;
    const __u32 words = table->max_fds / 64;
    __s32 count = 0;
    if (words > SONDE_FILES_WORDS || bpf_probe_read_kernel(scratch->words, words * sizeof(__u64), table->open_fds)) {
        return -1;
    }
    for (__u32 i = 0; i < SONDE_FILES_WORDS && i < words; ++i) {
        count += bits_of(scratch->words[i]);
    }
    return count;
}

static __always_inline __u64 counter_of(__s64 count) { return count > 0 ? count : 0; }

/* As sonde_pages(), of all kinds. Indexes are literals: only those are relocated. */
static __always_inline __u64 resident_pages(const struct mm_struct* mm) {
    if (bpf_core_type_exists(struct mm_rss_stat)) {
        const struct mm_struct___before_6_2* old = (const void*)mm;
        /* A typedef of a struct, which the verifier takes for none: no direct loads. */
        return counter_of(BPF_CORE_READ(old, rss_stat.count[0].counter)) +
               counter_of(BPF_CORE_READ(old, rss_stat.count[1].counter)) +
               counter_of(BPF_CORE_READ(old, rss_stat.count[3].counter));
    }
    return counter_of(mm->rss_stat[0].count) + counter_of(mm->rss_stat[1].count) + counter_of(mm->rss_stat[3].count);
}

static __always_inline int tell_thread(struct seq_file* to, const struct task_struct* task) {
    struct sonde_thread_usage record = {};

    sonde_event_begin(&record.event, SONDE_EVENT_THREAD, sizeof(record));
    record.pid = task->tgid;
    record.times.user = task->utime;
    record.times.system = task->stime;
    record.times.runtime = task->se.sum_exec_runtime;
    bpf_seq_write(to, &record, sizeof(record));
    return 0;
}

static __always_inline void describe(struct sonde_process* into, const struct task_struct* task) {
    into->start_time = task->start_boottime;
    into->cgroup_id = task->cgroups->dfl_cgrp->kn->id;
    into->pid = into->tid = task->tgid;
    into->parent_pid = task->real_parent->tgid;
    into->level = task->thread_pid->level;
    into->user_id = task->cred->euid.val;
    into->group_id = task->cred->egid.val;
    bpf_core_read(into->name, sizeof(into->name), &task->comm);
}

SEC("iter/task")
int process_usage(struct bpf_iter__task* ctx) {
    const struct task_struct* task = ctx->task;
    struct sonde_process_usage record = {};

    if (!task) {
        return 0;
    }
    if (sonde_config.containers_only && task->thread_pid->level == 0) {
        return 0;
    }
    if (task->pid != task->tgid) {
        return tell_thread(ctx->meta->seq, task);
    }
    sonde_event_begin(&record.event, SONDE_EVENT_USAGE, sizeof(record));
    describe(&record.process, task);
    const struct signal_struct* signal = task->signal;
    const struct mm_struct* mm = task->mm;
    record.times.user = signal->utime + task->utime;
    record.times.system = signal->stime + task->stime;
    record.times.runtime = signal->sum_sched_runtime + task->se.sum_exec_runtime;
    record.threads = signal->nr_threads;
    record.session_id = signal->pids[PIDTYPE_SID]->numbers[0].nr;
    record.state = task_state(task);
    record.open_files = open_files(task);
    if (task->flags & PF_KTHREAD) {
        record.process.flags |= SONDE_PROCESS_KERNEL_THREAD;
    } else if (mm) {
        record.resident_pages = resident_pages(mm);
        record.virtual_pages = mm->total_vm;
    }
    bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
    return 0;
}
