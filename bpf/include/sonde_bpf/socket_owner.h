/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* What is remembered of a socket from one event to the next. */
#pragma once

#include "connection.h"
#include "program.h"

/* Where the verifier knows the socket's type, its fields are loads; where it is just an address, each is a call. */
#ifdef SONDE_TYPED_SOCKETS
#define socket_read(sk, field) ((sk)->field)
#ifndef socket_as_tcp
#define socket_as_tcp(sk) bpf_skc_to_tcp_sock(sk)
#endif
#define socket_network_namespace(sk) ((sk)->__sk_common.skc_net.net->ns.inum)
#define process_start_of(task) ((task)->group_leader->start_boottime)
#define current_task() bpf_get_current_task_btf()
#else
#define socket_read(sk, field) BPF_CORE_READ(sk, field)
#define socket_as_tcp(sk) ((struct tcp_sock*)(sk))
#define socket_network_namespace(sk) BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum)
#define process_start_of(task) BPF_CORE_READ(task, group_leader, start_boottime)
#define current_task() ((struct task_struct*)bpf_get_current_task())
#endif

/* Who uses it. */
struct socket_user {
    __u64 cgroup_id;
    __u64 process_start;
    __u32 pid; /* 0: unknown */
    __u32 tid;
    char comm[16];
};

struct socket_owner {
    __u64 cookie;
    __u64 created;
    __u64 established;
    struct socket_user user;
    __u16 flags; /* sonde_connection_flags */
    __u8 direction;
    __u8 reserved;
    __u32 network_namespace; /* inode; 0: unknown to the program that could not read it */
};

/* The socket's lock is held by a task, so the current task is the one that uses the socket. In softirq the current task
 * is anybody. */
static __always_inline _Bool socket_used_by_task(const struct sock* sk) {
    return socket_read(sk, sk_lock.owned) != 0;
}

static __always_inline __u64 socket_cgroup_of(const struct task_struct* task) {
    return BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
}

static __always_inline void socket_user_is(struct socket_user* user, const struct task_struct* task) {
    user->pid = BPF_CORE_READ(task, tgid);
    user->tid = BPF_CORE_READ(task, pid);
    user->process_start = process_start_of(task);
    user->cgroup_id = socket_cgroup_of(task);
    BPF_CORE_READ_STR_INTO(&user->comm, task, comm);
}

static __always_inline void socket_user_is_current(struct socket_user* user) {
    const struct task_struct* task = current_task();
    const __u64 id = bpf_get_current_pid_tgid();

    user->pid = id >> 32;
    user->tid = (__u32)id;
    user->process_start = process_start_of(task);
    user->cgroup_id = bpf_get_current_cgroup_id();
    bpf_get_current_comm(user->comm, sizeof(user->comm));
}
