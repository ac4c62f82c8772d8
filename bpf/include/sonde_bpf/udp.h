/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* UDP as the kernel side remembers it: one flow per socket and peer, since the kernel itself counts nothing. And a DNS
 * message as it was captured. Addresses as in connection.h. */
#pragma once

#include "connection.h"

struct sonde_udp_key {
    __u64 cookie; /* of the socket */
    __u8 remote_address[16];
    __u16 remote_port;
    __u16 local_port;
    __u8 family; /* AF_INET or AF_INET6 */
    __u8 reserved[3];
};

struct sonde_udp_flow {
    __u64 first; /* CLOCK_MONOTONIC ns */
    __u64 last;
    __u64 cgroup_id;
    __u64 sent_bytes; /* payload */
    __u64 received_bytes;
    __u64 sent_packets;
    __u64 received_packets;
    __u64 process_start; /* as in connection.h; 0: unknown */
    __u8 local_address[16];
    __u32 pid; /* that made the socket; 0: unknown */
    __u32 tid;
    char comm[16];
    __u16 flags; /* sonde_connection_flags */
    __u8 direction;
    __u8 turns; /* changes of direction, at most 3: a flow of at least 3 packets to and fro is assured */
    __u32 network_namespace;
};

enum { SONDE_DNS_CAPTURE = 1232 }; /* what EDNS recommends as the largest UDP payload, DNS flag day 2020 */

struct sonde_dns {
    struct sonde_event event;
    __u64 cookie;
    __u32 pid;
    __u16 length;   /* of the payload in the packet */
    __u16 captured; /* bytes of it that follow */
    __u8 local_address[16];
    __u8 remote_address[16];
    __u16 local_port;
    __u16 remote_port;
    __u8 family;
    __u8 protocol; /* IPPROTO_UDP, or IPPROTO_TCP: a piece of the stream */
    __u8 is_sent;  /* 1: query of a local client; 0: the answer */
    __u8 tcp_flags; /* as in the header */
    __u32 sequence; /* of the first byte in the TCP stream */
    __u32 network_namespace;
    __u8 payload[SONDE_DNS_CAPTURE];
};

/* Which ports speak DNS, host order; 0 ends the list. */
struct sonde_udp_config {
    __u16 dns_ports[8];
    __u8 counts_flows;
    __u8 captures_dns;
    __u8 reserved[6];
};

static_assert(sizeof(struct sonde_udp_key) == 32, "layout shared with user space");
static_assert(sizeof(struct sonde_udp_flow) == 112, "layout shared with user space");
static_assert(sizeof(struct sonde_dns) == 80 + SONDE_DNS_CAPTURE, "layout shared with user space");
static_assert(sizeof(struct sonde_udp_config) == 24, "layout shared with user space");
