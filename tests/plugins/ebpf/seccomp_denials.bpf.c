/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Counts system calls that seccomp did not let through. They are counted and not told one by one: a program that tries
 * again and again may do so a million times a second. Sources: kernel/seccomp.c, __seccomp_filter(). */
#include "seccomp_denials.h"

#include <sonde_bpf/loss.h>
#include <sonde_bpf/program.h>

SONDE_LICENSE;

#define SIGSYS 31
#define SYS_SECCOMP 1     /* include/uapi/asm-generic/siginfo.h */
#define LARGEST_ERRNO 4095 /* include/linux/err.h */
#define SENT_BY_KERNEL 1  /* up to here a siginfo is no address: include/linux/signal_types.h */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct kernel_siginfo___sigsys {
    int si_code;
    union {
        struct {
            int _syscall;
        } _sigsys;
    } _sifields;
};
struct pt_regs___arm64 {
    int syscallno;
};
#pragma clang attribute pop

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, SECCOMP_DENIALS_ENTRIES);
    __type(key, struct denial_key);
    __type(value, struct denial_count);
} seccomp_denials SEC(".maps");

static __always_inline int count_denial(int syscall, int error) {
    const struct task_struct* task = (const struct task_struct*)bpf_get_current_task();
    const struct denial_count none = {};
    struct denial_key key = {.syscall = syscall, .error = error};
    struct denial_count* entry;

    BPF_CORE_READ_STR_INTO(&key.name, task, group_leader, comm);
    entry = bpf_map_lookup_elem(&seccomp_denials, &key);
    if (!entry) {
        bpf_map_update_elem(&seccomp_denials, &key, &none, BPF_NOEXIST);
        entry = bpf_map_lookup_elem(&seccomp_denials, &key);
    }
    if (!entry) {
        sonde_count_loss(SECCOMP_DENIALS_EVENT, SONDE_LOSS_MAP_FULL);
        return 0;
    }
    __sync_fetch_and_add(&entry->count, 1);
    entry->cgroup_id = bpf_get_current_cgroup_id();
    entry->pid = bpf_get_current_pid_tgid() >> 32;
    return 0;
}

/* SECCOMP_RET_TRAP, and in newer kernels SECCOMP_RET_KILL_PROCESS: the process is sent SIGSYS. */
static __always_inline int count_signal(int number, const struct kernel_siginfo* info) {
    const struct kernel_siginfo___sigsys* told = (const void*)info;

    if (number != SIGSYS || (unsigned long)info <= SENT_BY_KERNEL || BPF_CORE_READ(told, si_code) != SYS_SECCOMP) {
        return 0;
    }
    return count_denial(BPF_CORE_READ(told, _sifields._sigsys._syscall), 0);
}

SEC("tp_btf/signal_generate")
int BPF_PROG(denied_by_signal, int number, struct kernel_siginfo* info) {
    return count_signal(number, info);
}

SEC("raw_tp/signal_generate")
int BPF_PROG(denied_by_signal_raw, int number, struct kernel_siginfo* info) {
    return count_signal(number, info);
}

/* -1 means that the call is left out. With SECCOMP_RET_ERRNO its result, an error, is there already; SIGSYS puts the
 * registers back as they were, and a supervisor that did the call in the caller's stead leaves no error. */
static __always_inline int count_refusal(int returned) {
    const struct pt_regs* regs;
    long result;

    if (returned != -1) {
        return 0;
    }
    regs = (const struct pt_regs*)bpf_task_pt_regs(bpf_get_current_task_btf());
    result = PT_REGS_RC_CORE(regs);
    if (result >= 0 || result < -LARGEST_ERRNO) {
        return 0;
    }
#if defined(__TARGET_ARCH_x86)
    return count_denial(BPF_CORE_READ(regs, orig_ax), -result);
#else
    return count_denial(BPF_CORE_READ((const struct pt_regs___arm64*)regs, syscallno), -result);
#endif
}

/* Its parameters differ between kernels, so they are not named. */
SEC("fexit/__secure_computing")
int denied_by_error(void* ctx) {
    __u64 returned = 0;

    bpf_get_func_ret(ctx, &returned);
    return count_refusal(returned);
}

SEC("kretprobe/__secure_computing")
int BPF_KRETPROBE(denied_by_error_kretprobe, int returned) {
    return count_refusal(returned);
}
