/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* TCP connections from their state changes alone: nothing runs per packet, per send or per receive. The kernel's own
 * counters are read when a connection ends, and by an iterator while it lives. Linux 5.12 or later: storage and cookies
 * of sockets in tracing programs (commits 8e4597c627fb and c5dbb89fc2ac). */
#define SONDE_TYPED_SOCKETS
#include "sonde_bpf/dns_ports.h"
#include "sonde_bpf/loss.h"
#include "sonde_bpf/socket_storage.h"
#include "sonde_bpf/socket_table.h"

#define socket_cookie(sk, now) bpf_get_socket_cookie(sk)

/* Whoever asks a name server is looked for by the programs of udp.bpf.c. */
static __always_inline void socket_owner_share(struct sock* sk, const struct socket_owner* owner) {
    struct socket_owner* shared;

    if (!is_dns_port(__builtin_bswap16(sk->__sk_common.skc_dport))) {
        return;
    }
    shared = socket_stored_owner_make(sk);
    if (shared) {
        __builtin_memcpy(shared, owner, sizeof(*shared));
    } else {
        sonde_count_loss(SONDE_EVENT_CONNECTION, SONDE_LOSS_MAP_FULL);
    }
}

#include "sonde_bpf/tcp_states.h"

SONDE_LICENSE;

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state, struct sock* sk, int before, int after) {
    /* DCCP and SCTP share the tracepoint. */
    if (sk->sk_protocol == IPPROTO_TCP) {
        tcp_state_changed(sk, before, after);
    }
    return 0;
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
