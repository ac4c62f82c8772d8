/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* System calls as the tracepoint at their end sees them. Numbers are those of the native ABI (arch/x86/entry/syscalls/
 * syscall_64.tbl, include/uapi/asm-generic/unistd.h); calls of 32-bit programs have others and are left out. */
#pragma once

#include "program.h"

#if defined(__TARGET_ARCH_x86)
#define SONDE_CALL_OPEN 2
#define SONDE_CALL_CONNECT 42
#define SONDE_CALL_CREAT 85
#define SONDE_CALL_OPENAT 257
#define SONDE_CALL_PREFIX "__x64_sys_" /* of the functions of the native calls */
#define sonde_call_field orig_ax
#elif defined(__TARGET_ARCH_arm64)
#define SONDE_CALL_OPENAT 56
#define SONDE_CALL_CONNECT 203
#define SONDE_CALL_PREFIX "__arm64_sys_"
#define sonde_call_field syscallno
#endif
#define SONDE_CALL_OPENAT2 437

/* Of a BTF tracepoint, whose arguments the verifier knows, so that every other system call costs a load. */
#define sonde_call_number(regs) ((long)(regs)->sonde_call_field)
#define sonde_call_number_raw(regs) ((long)BPF_CORE_READ(regs, sonde_call_field))

#define SONDE_MOST_ERRNO 511 /* those above are for the kernel itself: include/linux/errno.h */

static __always_inline _Bool sonde_is_compat(const struct task_struct* task) {
#if defined(__TARGET_ARCH_x86)
    return BPF_CORE_READ(task, thread_info.status) & 2; /* TS_COMPAT of arch/x86/include/asm/thread_info.h */
#else
    return BPF_CORE_READ(task, thread_info.flags) >> 22 & 1; /* TIF_32BIT of arch/arm64/include/asm/thread_info.h */
#endif
}

static __always_inline const struct file* sonde_file_of(const struct task_struct* task, __u32 number) {
    const struct fdtable* table = BPF_CORE_READ(task, files, fdt);
    const struct file* file = 0;

    if (number < BPF_CORE_READ(table, max_fds)) {
        bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(table, fd) + number);
    }
    return file;
}
