/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* A packet at a socket's cgroup hook, where data begins with the IP header: RFC 791, RFC 8200, RFC 768, RFC 9293. */
#pragma once

#include "program.h"

struct packet {
    __u8 local[16];
    __u8 remote[16];
    __u16 local_port;
    __u16 remote_port;
    __u8 family;
    __u8 protocol;
    __u8 tcp_flags;       /* byte 13 of the header */
    __u8 reserved;
    __u16 payload_offset; /* from the IP header */
    __u32 payload;        /* bytes */
    __u32 segments;       /* packets on the wire that it stands for */
    __u32 sequence;       /* TCP */
};

static __always_inline _Bool packet_addresses(struct __sk_buff* skb, struct packet* to, _Bool is_sent, __u32* next) {
    __u8 first;
    __u8 protocol;

    if (bpf_skb_load_bytes(skb, 0, &first, 1)) {
        return 0;
    }
    if (first >> 4 == 4) {
        to->family = AF_INET;
        *next = (first & 0xf) * 4;
        return !bpf_skb_load_bytes(skb, 9, &protocol, 1) && (to->protocol = protocol, 1) &&
               !bpf_skb_load_bytes(skb, 12, is_sent ? to->local : to->remote, 4) &&
               !bpf_skb_load_bytes(skb, 16, is_sent ? to->remote : to->local, 4);
    }
    if (first >> 4 != 6) {
        return 0;
    }
    to->family = AF_INET6;
    *next = 40; /* extension headers before UDP or TCP are not followed: the protocol then is another */
    return !bpf_skb_load_bytes(skb, 6, &protocol, 1) && (to->protocol = protocol, 1) &&
           !bpf_skb_load_bytes(skb, 8, is_sent ? to->local : to->remote, 16) &&
           !bpf_skb_load_bytes(skb, 24, is_sent ? to->remote : to->local, 16);
}

/* False: neither UDP nor TCP, or cut short. `to` is zero before. */
static __always_inline _Bool packet_parse(struct __sk_buff* skb, struct packet* to, _Bool is_sent) {
    __be16 ports[2];
    __be32 sequence;
    __u32 header = 8;
    __u32 at;
    __u8 words;

    if (!packet_addresses(skb, to, is_sent, &at) || bpf_skb_load_bytes(skb, at, ports, sizeof(ports))) {
        return 0;
    }
    if (to->protocol == IPPROTO_TCP) {
        if (bpf_skb_load_bytes(skb, at + 4, &sequence, 4) || bpf_skb_load_bytes(skb, at + 12, &words, 1) ||
            bpf_skb_load_bytes(skb, at + 13, &to->tcp_flags, 1)) {
            return 0;
        }
        to->sequence = __builtin_bswap32(sequence);
        header = (words >> 4) * 4;
    } else if (to->protocol != IPPROTO_UDP) {
        return 0;
    }
    to->local_port = __builtin_bswap16(ports[!is_sent]);
    to->remote_port = __builtin_bswap16(ports[is_sent]);
    to->payload_offset = at + header;
    to->payload = skb->len > at + header ? skb->len - at - header : 0;
    to->segments = skb->gso_segs > 1 ? skb->gso_segs : 1;
    return 1;
}
