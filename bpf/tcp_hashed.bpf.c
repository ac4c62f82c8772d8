/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* tcp.bpf.c for kernels that give tracing programs neither storage in sockets nor their cookies (before 5.12): the cookie
 * is a number of our own. */
#include "sonde_bpf/socket_hash.h"

/* Unique since boot: one processor makes one in a nanosecond. */
#define socket_cookie(sk, now) (bpf_ktime_get_ns() << 8 | (bpf_get_smp_processor_id() & 0xff))
#define socket_owner_share(sk, owner) ((void)0)
#include "sonde_bpf/tcp_states.h"
/* An exchange would say it, which such kernels do not know (commit 5ffa25502b5a): user space waits for the read's end.
 */
#define walk_publish(position, count) ((void)0)
#include "sonde_bpf/walk.h"

SONDE_LICENSE;

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state_hashed, struct sock* sk, int before, int after) {
    if (sk->sk_protocol == IPPROTO_TCP) {
        tcp_state_changed(sk, before, after);
    }
    return 0;
}

SEC("iter/bpf_map_elem")
int tcp_walk_hashed(struct bpf_iter__bpf_map_elem* on) {
    const struct socket_owner* owner = on->value;
    struct sock* const* key = on->key;

    return key && owner ? walk_visit(*key, owner) : SONDE_WALK_NEXT;
}

SEC("iter/task_file")
int tcp_owners_hashed(struct bpf_iter__task_file* on) {
    const struct task_struct* task = on->task;
    struct file* file = on->file;
    struct socket* from;
    struct sock* sk;

    if (!task || !file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK) {
        return 0;
    }
    from = BPF_CORE_READ(file, private_data);
    sk = BPF_CORE_READ(from, sk);
    if (sk && socket_is_tcp(sk) && BPF_CORE_READ(sk, __sk_common.skc_state) != TCP_CLOSE) {
        tcp_found_open(sk, task);
    }
    return 0;
}
