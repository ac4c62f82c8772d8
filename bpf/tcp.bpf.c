/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* TCP connections from their state changes alone: nothing runs per packet, per send or per receive. The kernel's own
 * counters are read when a connection ends, and by an iterator while it lives. Linux 5.12 or later: storage and cookies
 * of sockets in tracing programs (commits 8e4597c627fb and c5dbb89fc2ac). */
#define SONDE_TYPED_SOCKETS
#include "sonde_bpf/socket_storage.h"

#define socket_cookie(sk, now) bpf_get_socket_cookie(sk)
#include "sonde_bpf/tcp_states.h"
/* An exchange: of BPF's writes one that is fully ordered wherever it runs (swpal in arch/arm64/net/bpf_jit_comp.c). */
#define walk_publish(position, count) ((void)__sync_lock_test_and_set(&(position)->filled, count))
#include "sonde_bpf/walk.h"

SONDE_LICENSE;

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state, struct sock* sk, int before, int after) {
    /* DCCP and SCTP share the tracepoint. */
    if (sk->sk_protocol == IPPROTO_TCP) {
        tcp_state_changed(sk, before, after);
    }
    return 0;
}

/* All connections that are there, in every network namespace. */
SEC("iter/bpf_sk_storage_map")
int tcp_walk(struct bpf_iter__bpf_sk_storage_map* on) {
    const struct socket_owner* owner = on->value;
    struct sock* sk = on->sk;

    if (!sk || !owner || sk->sk_protocol != IPPROTO_TCP || !tcp_is_walked(sk->__sk_common.skc_state)) {
        return 0;
    }
    return walk_tell(sk, owner);
}

SEC("iter/task_file")
int tcp_owners(struct bpf_iter__task_file* on) {
    const struct task_struct* task = on->task;
    struct file* file = on->file;
    struct socket* from;
    struct sock* sk;

    if (!task || !file) {
        return 0;
    }
    from = bpf_sock_from_file(file);
    if (!from) {
        return 0;
    }
    sk = from->sk;
    if (sk && socket_is_tcp(sk) && sk->__sk_common.skc_state != TCP_CLOSE) {
        tcp_found_open(sk, task);
    }
    return 0;
}
