/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Kernel types with the fields that the programs read, and no others. Offsets here mean nothing: libbpf puts those of the
 * running kernel in by its BTF (CO-RE). A name that ends in ___x is an older or newer form of the type. */
#pragma once

#include "types.h"

/* Tells libbpf's headers that kernel names are used, as if a generated vmlinux.h were here. */
#define __VMLINUX_H__

#include "kernel_socket.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
    int counter;
} atomic_t;

typedef struct {
    long counter;
} atomic_long_t;

typedef struct {
    unsigned int val;
} kuid_t;

typedef struct {
    unsigned int val;
} kgid_t;

/* Registers of a kprobe, by the kernel's names. */
#if defined(__TARGET_ARCH_x86)
struct pt_regs {
    unsigned long di, si, dx, cx, r8, r9, ax, sp, ip, bp;
    unsigned long orig_ax, r10;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
    __u64 regs[31];
    __u64 sp, pc, pstate;
};
struct pt_regs {
    __u64 orig_x0;
    __s32 syscallno;
};
#endif

/* Contexts of the tracepoints of single system calls; their kernel type belongs to raw_syscalls and has the same layout:
 * struct syscall_tp_t of kernel/trace/trace_syscalls.c. */
struct trace_event_raw_sys_enter {
    unsigned long args[6];
};

struct trace_event_raw_sys_exit {
    long ret;
};

struct mnt_namespace {
    struct ns_common ns;
};

struct pid_namespace {
    struct ns_common ns;
};

struct nsproxy {
    struct mnt_namespace* mnt_ns;
    struct net* net_ns;
};

struct upid {
    int nr;
    struct pid_namespace* ns;
};

struct pid {
    unsigned int level;
    struct upid numbers[1]; /* level + 1 of them */
};

struct cred {
    kuid_t euid;
    kgid_t egid;
};

struct kernfs_node {
    __u64 id;
};

struct cgroup_root {
    int hierarchy_id;
};

struct cgroup {
    struct kernfs_node* kn;
    struct cgroup_root* root;
};

struct css_set {
    struct cgroup* dfl_cgrp;
};

struct qstr {
    unsigned int len;
    const unsigned char* name;
};

struct dentry {
    struct dentry* d_parent;
    struct qstr d_name;
};

struct vfsmount {
    struct dentry* mnt_root;
};

struct mount {
    struct mount* mnt_parent;
    struct dentry* mnt_mountpoint;
    struct vfsmount mnt;
};

struct path {
    struct vfsmount* mnt;
    struct dentry* dentry;
};

struct fs_struct {
    struct path root;
    struct path pwd;
};

struct inode {
    unsigned short i_mode;
};

struct file {
    struct path f_path;
    struct inode* f_inode;
    void* private_data;
};

struct percpu_counter {
    __s64 count;
};

struct mm_struct {
    unsigned long arg_start;
    unsigned long arg_end;
    unsigned long total_vm;
    struct file* exe_file;
    struct percpu_counter rss_stat[4]; /* since 6.2 */
};

struct mm_rss_stat {
    atomic_long_t count[4];
};

struct mm_struct___before_6_2 {
    struct mm_rss_stat rss_stat;
};

/* As do_filp_open() is asked for a file. */
struct filename {
    const char* name;
};

struct open_flags {
    int open_flag;
    unsigned short mode;
};

struct fdtable {
    unsigned int max_fds;
    struct file** fd;
    unsigned long* open_fds; /* a bit per descriptor */
};

struct files_struct {
    struct fdtable* fdt;
};

struct signal_struct {
    struct pid* pids[4]; /* enum pid_type: PIDTYPE_SID is 3 */
    atomic_t live;
    int nr_threads;
    int group_exit_code;
    unsigned int flags;
    __u64 utime;
    __u64 stime;
    unsigned long long sum_sched_runtime;
    unsigned long maxrss;
    short oom_score_adj;
};

struct sched_entity {
    __u64 sum_exec_runtime;
};

struct thread_info {
    unsigned long flags;
    __u32 status; /* x86 */
};

struct task_struct {
    struct thread_info thread_info;
    unsigned int __state; /* since 5.14 */
    unsigned int flags;
    int exit_state;
    int exit_code;
    int pid;
    int tgid;
    struct task_struct* real_parent;
    struct task_struct* group_leader;
    struct pid* thread_pid;
    struct sched_entity se;
    __u64 utime;
    __u64 stime;
    __u64 start_boottime;
    const struct cred* cred;
    struct mm_struct* mm;
    struct fs_struct* fs;
    struct files_struct* files;
    struct nsproxy* nsproxy;
    struct signal_struct* signal;
    struct css_set* cgroups;
    char comm[16];
};

struct task_struct___before_5_14 {
    long state;
};

struct linux_binprm {
    const char* filename;
};

struct kernel_siginfo {
    int si_code;
};

struct seq_file;

struct bpf_iter_meta {
    struct seq_file* seq;
    __u64 session_id;
    __u64 seq_num;
};

struct bpf_iter__task {
    struct bpf_iter_meta* meta;
    struct task_struct* task;
};

struct bpf_iter__task_file {
    struct bpf_iter_meta* meta;
    struct task_struct* task;
    __u32 fd;
    struct file* file;
};

struct bpf_map {
    __u32 max_entries;
};

struct bpf_iter__bpf_map_elem {
    struct bpf_iter_meta* meta;
    struct bpf_map* map;
    void* key;
    void* value;
};

#pragma clang attribute pop
