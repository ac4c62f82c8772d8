/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* A TCP connection's record out of the kernel's socket. */
#pragma once

#include "socket_owner.h"

/* ::ffff:a.b.c.d, RFC 4291 section 2.5.5.2 */
static __always_inline _Bool address_is_v4_mapped(const __be32* words) {
    return words[0] == 0 && words[1] == 0 && words[2] == __builtin_bswap32(0xffff);
}

static __always_inline _Bool socket_is_tcp(const struct sock* sk) {
    const __u16 family = socket_read(sk, __sk_common.skc_family);

    return (family == AF_INET || family == AF_INET6) && socket_read(sk, sk_protocol) == IPPROTO_TCP;
}

static __always_inline void tcp_record_addresses(struct sonde_connection* to, struct sock* sk) {
    __be32 remote[4];
    __be32 local[4];

    to->family = AF_INET;
    if (socket_read(sk, __sk_common.skc_family) == AF_INET) {
        *(__be32*)to->local_address = socket_read(sk, __sk_common.skc_rcv_saddr);
        *(__be32*)to->remote_address = socket_read(sk, __sk_common.skc_daddr);
        return;
    }
    for (int i = 0; i < 4; ++i) {
        local[i] = socket_read(sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[i]);
        remote[i] = socket_read(sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32[i]);
    }
    if (address_is_v4_mapped(remote)) {
        *(__be32*)to->local_address = local[3];
        *(__be32*)to->remote_address = remote[3];
        return;
    }
    to->family = AF_INET6;
    __builtin_memcpy(to->local_address, local, sizeof(local));
    __builtin_memcpy(to->remote_address, remote, sizeof(remote));
}

static __always_inline void tcp_record_counters(struct sonde_connection* to, struct sock* sk) {
    struct tcp_sock* tcp = socket_as_tcp(sk);

    if (!tcp) {
        return;
    }
    to->local_port = __builtin_bswap16(socket_read(tcp, inet_conn.icsk_inet.inet_sport));
    /* Each byte once: bytes_acked would also count SYN and FIN. */
    to->sent_bytes = socket_read(tcp, bytes_sent) - socket_read(tcp, bytes_retrans);
    to->received_bytes = socket_read(tcp, bytes_received);
    /* The peer's FIN took a sequence number: tcp_fin() of net/ipv4/tcp_input.c. */
    if (to->received_bytes && socket_read(sk, __sk_common.skc_flags) & (1ul << SOCK_DONE_BIT)) {
        to->received_bytes -= 1;
    }
    to->sent_packets = socket_read(tcp, segs_out);
    to->received_packets = socket_read(tcp, segs_in);
    to->retransmits = socket_read(tcp, total_retrans);
    to->rtt = socket_read(tcp, srtt_us) >> 3;
    to->rtt_variation = socket_read(tcp, mdev_us) >> 2;
}

/* All of `to` is written. `owner` may be null: the socket is older than the agent, and nobody was found to have it. */
static __always_inline void tcp_record_fill(struct sonde_connection* to, struct sock* sk,
                                            const struct socket_owner* owner, __u64 now) {
    __builtin_memset(to, 0, sizeof(*to));
    to->time = now;
    to->protocol = IPPROTO_TCP;
    to->state = socket_read(sk, __sk_common.skc_state);
    to->remote_port = __builtin_bswap16(socket_read(sk, __sk_common.skc_dport));
    to->network_namespace = socket_network_namespace(sk);
    to->error = socket_read(sk, sk_err);
    tcp_record_addresses(to, sk);
    tcp_record_counters(to, sk);
    if (!owner) {
        to->cookie = (__u64)sk;
        to->flags = SONDE_CONNECTION_EXISTED;
        return;
    }
    to->cookie = owner->cookie;
    to->created = owner->created;
    to->established = owner->established;
    to->cgroup_id = owner->user.cgroup_id;
    to->process_start = owner->user.process_start;
    to->pid = owner->user.pid;
    to->tid = owner->user.tid;
    to->direction = owner->direction;
    to->flags = owner->flags;
    __builtin_memcpy(to->comm, owner->user.comm, sizeof(to->comm));
}
