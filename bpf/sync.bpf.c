/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* How long chosen processes wait for their files: each call of theirs is measured and summed up here, and user space
 * comes for the sums. Off unless processes are chosen. Others pay for a comparison of names, in these calls only; where
 * functions cannot be traced, also for the look that the kernel then takes at each system call. Calls of 32-bit
 * programs and those of io_uring are left out. */
#include "sonde_bpf/sync.h"
#include "sonde_bpf/loss.h"
#include "sonde_bpf/program.h"
#include "sonde_bpf/syscall.h"

SONDE_LICENSE;

const volatile struct sonde_sync_config sonde_sync_config = {};

/* When a thread's call began, by thread. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1); /* user space sets it where the family is on */
    __type(key, __u32);
    __type(value, __u64);
} sync_begun SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1); /* likewise */
    __type(key, struct sonde_sync_key);
    __type(value, struct sonde_sync_value);
} sync_sums SEC(".maps");

/* What an entry begins with: too large for the stack. */
const struct sonde_sync_value sync_nothing = {};

/* By the name of the process, not that of the thread. */
static __always_inline _Bool is_chosen(const struct task_struct* task) {
    const struct task_struct* leader = BPF_CORE_READ(task, group_leader);
    __u64 name[SONDE_SYNC_NAME_SIZE / 8] = {};

    bpf_core_read(name, sizeof(name), &leader->comm);
    for (int i = 0; i < SONDE_SYNC_NAMES; i++) {
        const volatile struct sonde_sync_name* wanted = &sonde_sync_config.names[i];

        if (wanted->words[0] == 0) {
            return 0;
        }
        if ((name[0] & wanted->masks[0]) == wanted->words[0] && (name[1] & wanted->masks[1]) == wanted->words[1]) {
            return 1;
        }
    }
    return 0;
}

/* On a disk: neither a socket, nor a pipe, nor a terminal. */
static __always_inline _Bool is_stored(const struct task_struct* task, __u32 number) {
    const struct file* file = sonde_file_of(task, number);
    const __u32 kind = BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT;

    return kind == S_IFREG || kind == S_IFBLK;
}

static __always_inline int begin_call(_Bool is_write, __u32 number) {
    const struct task_struct* task = (const struct task_struct*)bpf_get_current_task();
    const __u32 thread = (__u32)bpf_get_current_pid_tgid();
    __u64 now;

    if (!is_chosen(task)) {
        return 0;
    }
    if (is_write && !is_stored(task, number)) {
        /* What a call has left whose end was not seen, while programs were being attached, is not this call's. */
        bpf_map_delete_elem(&sync_begun, &thread);
        return 0;
    }
    now = bpf_ktime_get_ns();
    if (bpf_map_update_elem(&sync_begun, &thread, &now, BPF_ANY)) {
        sonde_count_loss(SONDE_EVENT_SYNC, SONDE_LOSS_MAP_FULL);
    }
    return 0;
}

static __always_inline __u32 log2_of(__u64 value) {
    __u32 power = 0;

    for (__u32 step = 32; step > 0; step /= 2) {
        if (value >> step) {
            value >>= step;
            power += step;
        }
    }
    return power;
}

static __always_inline __u32 bucket_of(__u64 nanoseconds) {
    __u32 bucket;

    if (nanoseconds <= 1000) {
        return 0;
    }
    bucket = log2_of((nanoseconds - 1) / 1000) + 1;
    return bucket < SONDE_SYNC_BUCKETS ? bucket : SONDE_SYNC_BUCKETS - 1;
}

static __always_inline struct sonde_sync_value* sums_of(const struct task_struct* task, __u32 call, __u64 begun) {
    const struct task_struct* leader = BPF_CORE_READ(task, group_leader);
    const struct sonde_sync_key key = {
        .process_start = BPF_CORE_READ(leader, start_boottime), .pid = bpf_get_current_pid_tgid() >> 32, .call = call};
    struct sonde_sync_value* sums = bpf_map_lookup_elem(&sync_sums, &key);

    if (sums) {
        return sums;
    }
    bpf_map_update_elem(&sync_sums, &key, &sync_nothing, BPF_NOEXIST);
    sums = bpf_map_lookup_elem(&sync_sums, &key);
    if (!sums) {
        sonde_count_loss(SONDE_EVENT_SYNC, SONDE_LOSS_MAP_FULL);
        return 0;
    }
    sonde_read_caller(&sums->caller, task);
    bpf_core_read(sums->caller.name, sizeof(sums->caller.name), &leader->comm);
    sums->since = begun;
    return sums;
}

static __always_inline int end_call(__u32 call, _Bool is_write, long result) {
    const __u32 thread = (__u32)bpf_get_current_pid_tgid();
    const __u64* kept = bpf_map_lookup_elem(&sync_begun, &thread);
    struct sonde_sync_value* sums;
    __u64 begun, took;
    __u32 bucket;

    if (!kept) {
        return 0;
    }
    begun = *kept;
    took = bpf_ktime_get_ns() - begun;
    bpf_map_delete_elem(&sync_begun, &thread);
    sums = sums_of((const struct task_struct*)bpf_get_current_task(), call, begun);
    if (!sums) {
        return 0;
    }
    __sync_fetch_and_add(&sums->duration, took);
    bucket = bucket_of(took);
    if (bucket < SONDE_SYNC_BUCKETS) {
        __sync_fetch_and_add(&sums->buckets[bucket], 1);
    }
    if (result < 0) {
        __sync_fetch_and_add(&sums->errors, 1);
    } else if (is_write) {
        __sync_fetch_and_add(&sums->bytes, result);
    }
    return 0;
}

#define SYNC_CALL(name, call, is_write)                                                                                \
    SEC("fentry/" SONDE_CALL_PREFIX #name)                                                                             \
    int BPF_PROG(sync_##name##_begin, struct pt_regs* regs) {                                                          \
        return begin_call(is_write, is_write ? PT_REGS_PARM1_CORE_SYSCALL(regs) : 0);                                  \
    }                                                                                                                  \
    SEC("fexit/" SONDE_CALL_PREFIX #name)                                                                              \
    int BPF_PROG(sync_##name##_end, struct pt_regs* regs, long result) { return end_call(call, is_write, result); }    \
    SEC("tracepoint/syscalls/sys_enter_" #name)                                                                        \
    int sync_##name##_begin_tp(struct trace_event_raw_sys_enter* context) {                                            \
        return begin_call(is_write, is_write ? context->args[0] : 0);                                                  \
    }                                                                                                                  \
    SEC("tracepoint/syscalls/sys_exit_" #name)                                                                         \
    int sync_##name##_end_tp(struct trace_event_raw_sys_exit* context) {                                               \
        return end_call(call, is_write, context->ret);                                                                 \
    }

SYNC_CALL(fsync, SONDE_SYNC_FSYNC, 0)
SYNC_CALL(fdatasync, SONDE_SYNC_FDATASYNC, 0)
SYNC_CALL(sync_file_range, SONDE_SYNC_SYNC_FILE_RANGE, 0)
SYNC_CALL(msync, SONDE_SYNC_MSYNC, 0)
SYNC_CALL(write, SONDE_SYNC_WRITE, 1)
SYNC_CALL(pwrite64, SONDE_SYNC_PWRITE64, 1)
SYNC_CALL(writev, SONDE_SYNC_WRITEV, 1)
SYNC_CALL(pwritev, SONDE_SYNC_PWRITEV, 1)
SYNC_CALL(pwritev2, SONDE_SYNC_PWRITEV2, 1)
