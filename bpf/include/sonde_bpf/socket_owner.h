/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* What is remembered of a socket, in the socket itself: it goes when the socket goes, and costs no look-up by key. A
 * listener's is copied into each socket that it makes, so that an accepted connection knows its server from the start. */
#pragma once

#include "connection.h"
#include "kernel_socket.h"
#include "program.h"

struct socket_owner {
    __u64 cookie;
    __u64 created;
    __u64 established;
    __u64 cgroup_id;
    __u64 process_start;
    __u32 pid;
    __u32 tid;
    char comm[16];
    __u16 flags; /* sonde_connection_flags */
    __u8 direction;
    __u8 reserved[5];
};

struct {
    __uint(type, BPF_MAP_TYPE_SK_STORAGE);
    __uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
    __type(key, int);
    __type(value, struct socket_owner);
} socket_owners SEC(".maps") __weak;

/* The socket's lock is held by a task, so the current task is the one that uses the socket. In softirq the current task
 * is anybody. */
static __always_inline _Bool socket_used_by_task(const struct sock* sk) { return sk->sk_lock.owned; }

static __always_inline void socket_owner_is_current(struct socket_owner* owner) {
    const struct task_struct* task = (const struct task_struct*)bpf_get_current_task_btf();
    const __u64 id = bpf_get_current_pid_tgid();

    owner->pid = id >> 32;
    owner->tid = (__u32)id;
    owner->process_start = task->group_leader->start_boottime;
    owner->cgroup_id = bpf_get_current_cgroup_id();
    bpf_get_current_comm(owner->comm, sizeof(owner->comm));
}

/* ::ffff:a.b.c.d, RFC 4291 section 2.5.5.2 */
static __always_inline _Bool socket_is_v4_mapped(const __be32* words) {
    return words[0] == 0 && words[1] == 0 && words[2] == __builtin_bswap32(0xffff);
}

/* One address into 16 bytes; false: it is IPv4 in the clothes of IPv6. */
static __always_inline void socket_copy_v4(__u8* to, __be32 from) { *(__be32*)to = from; }

static __always_inline void socket_copy_v6(__u8* to, const __be32* from) {
    __be32* words = (__be32*)to;

    words[0] = from[0];
    words[1] = from[1];
    words[2] = from[2];
    words[3] = from[3];
}
