/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* A TCP connection's record out of the kernel's socket. */
#pragma once

#include "socket_owner.h"

static __always_inline void tcp_record_addresses(struct sonde_connection* to, const struct sock* sk) {
    const struct sock_common* common = &sk->__sk_common;
    __be32 remote[4];
    __be32 local[4];

    to->family = AF_INET;
    if (common->skc_family == AF_INET) {
        socket_copy_v4(to->local_address, common->skc_rcv_saddr);
        socket_copy_v4(to->remote_address, common->skc_daddr);
        return;
    }
    for (int i = 0; i < 4; ++i) {
        remote[i] = common->skc_v6_daddr.in6_u.u6_addr32[i];
        local[i] = common->skc_v6_rcv_saddr.in6_u.u6_addr32[i];
    }
    if (socket_is_v4_mapped(remote)) {
        socket_copy_v4(to->local_address, local[3]);
        socket_copy_v4(to->remote_address, remote[3]);
        return;
    }
    to->family = AF_INET6;
    socket_copy_v6(to->local_address, local);
    socket_copy_v6(to->remote_address, remote);
}

static __always_inline void tcp_record_counters(struct sonde_connection* to, struct sock* sk) {
    const struct tcp_sock* tcp = (const struct tcp_sock*)bpf_skc_to_tcp_sock(sk);

    if (!tcp) {
        return;
    }
    to->local_port = __builtin_bswap16(tcp->inet_conn.icsk_inet.inet_sport);
    /* Each byte once: bytes_acked would also count SYN and FIN. */
    to->sent_bytes = tcp->bytes_sent - tcp->bytes_retrans;
    to->received_bytes = tcp->bytes_received;
    /* The peer's FIN took a sequence number: tcp_fin() of net/ipv4/tcp_input.c. */
    if (to->received_bytes && sk->__sk_common.skc_flags & (1ul << SOCK_DONE_BIT)) {
        to->received_bytes -= 1;
    }
    to->sent_packets = tcp->segs_out;
    to->received_packets = tcp->segs_in;
    to->retransmits = tcp->total_retrans;
    to->rtt = tcp->srtt_us >> 3;
    to->rtt_variation = tcp->mdev_us >> 2;
}

/* All of `to` is written. `owner` may be null: then the socket is older than the agent and nobody was found to have it. */
static __always_inline void tcp_record_fill(struct sonde_connection* to, struct sock* sk,
                                            const struct socket_owner* owner, __u64 now) {
    __builtin_memset(to, 0, sizeof(*to));
    to->time = now;
    to->protocol = IPPROTO_TCP;
    to->state = sk->__sk_common.skc_state;
    to->remote_port = __builtin_bswap16(sk->__sk_common.skc_dport);
    to->network_namespace = sk->__sk_common.skc_net.net->ns.inum;
    to->error = sk->sk_err;
    tcp_record_addresses(to, sk);
    tcp_record_counters(to, sk);
    if (!owner) {
        to->cookie = bpf_get_socket_cookie(sk);
        to->flags = SONDE_CONNECTION_EXISTED;
        return;
    }
    to->cookie = owner->cookie;
    to->created = owner->created;
    to->established = owner->established;
    to->cgroup_id = owner->cgroup_id;
    to->process_start = owner->process_start;
    to->pid = owner->pid;
    to->tid = owner->tid;
    to->direction = owner->direction;
    to->flags = owner->flags;
    __builtin_memcpy(to->comm, owner->comm, sizeof(to->comm));
}
