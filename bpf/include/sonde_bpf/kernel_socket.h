/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Sockets as the kernel lays them out: only the fields that are read, found by name in the running kernel's BTF (CO-RE).
 * Sources: include/net/sock.h, inet_sock.h, inet_connection_sock.h, include/linux/tcp.h, include/net/net_namespace.h. */
#pragma once

#include "types.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
    unsigned int inum;
};

struct net {
    struct ns_common ns;
};

typedef struct {
    struct net* net;
} possible_net_t;

struct in6_addr {
    union {
        __u8 u6_addr8[16];
        __be32 u6_addr32[4];
    } in6_u;
};

typedef struct {
    __s64 counter;
} atomic64_t;

struct sock_common {
    __be32 skc_daddr;
    __be32 skc_rcv_saddr;
    __be16 skc_dport;
    __u16 skc_num;
    unsigned short skc_family;
    volatile unsigned char skc_state;
    possible_net_t skc_net;
    unsigned long skc_flags;
    struct in6_addr skc_v6_daddr;
    struct in6_addr skc_v6_rcv_saddr;
    atomic64_t skc_cookie; /* 0: nobody has asked for it yet */
};

typedef struct {
    int owned; /* by a task in process context, which holds the socket's lock */
} socket_lock_t;

struct sock {
    struct sock_common __sk_common;
    socket_lock_t sk_lock;
    __u16 sk_type;
    __u16 sk_protocol;
    int sk_err;
};

struct inet_sock {
    struct sock sk;
    __be16 inet_sport;
};

struct inet_connection_sock {
    struct inet_sock icsk_inet;
};

struct tcp_sock {
    struct inet_connection_sock inet_conn;
    __u64 bytes_sent;     /* payload, again for each retransmission */
    __u64 bytes_retrans;  /* payload of retransmissions */
    __u64 bytes_received; /* in order; the peer's FIN counts one */
    __u32 segs_in;
    __u32 segs_out;
    __u32 total_retrans;
    __u32 srtt_us; /* eighths of a microsecond */
    __u32 mdev_us; /* quarters */
};

struct socket {
    struct sock* sk;
};

#pragma clang attribute pop

/* include/net/tcp_states.h */
enum {
    TCP_ESTABLISHED = 1,
    TCP_SYN_SENT = 2,
    TCP_SYN_RECV = 3,
    TCP_FIN_WAIT1 = 4,
    TCP_FIN_WAIT2 = 5,
    TCP_TIME_WAIT = 6,
    TCP_CLOSE = 7,
    TCP_CLOSE_WAIT = 8,
    TCP_LAST_ACK = 9,
    TCP_LISTEN = 10,
    TCP_CLOSING = 11,
    TCP_NEW_SYN_RECV = 12,
};

/* enum sock_flags of include/net/sock.h: the peer's FIN has been processed. */
#define SOCK_DONE_BIT 1

/* include/linux/socket.h, include/uapi/linux/in.h, include/uapi/asm-generic/errno.h */
#define AF_INET 2
#define AF_INET6 10
#define SOCK_DGRAM 2
#define S_IFMT 0170000 /* include/uapi/linux/stat.h */
#define S_IFSOCK 0140000
#define S_IFREG 0100000
#define S_IFBLK 0060000
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define EADDRNOTAVAIL 99
#define ECANCELED 125
