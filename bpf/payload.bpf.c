/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* What TCP connections say in plain text: the first segments of each, from which user space tells the protocol, and
 * after that only segments that begin like a head of HTTP/1.x. Once nothing more is wanted of a connection, its packets
 * cost one look into the socket. */
#include "sonde_bpf/payload.h"
#include "sonde_bpf/ring.h"

SONDE_LICENSE;

const volatile struct sonde_payload_config sonde_payload_config = {};

#define LOOPBACK_IFINDEX 1 /* include/net/flow.h: of `lo`, in each network namespace */
#define FIRST_SEGMENTS 4   /* of each direction, captured whatever they are */
#define MOST_SEGMENTS 32   /* looked at before a connection is given up, of both directions */
#define SHORTEST_HEAD 16   /* "GET / HTTP/1.1\r\n"; a status line is longer */

enum payload_watch_flags {
    WATCH_OFF = 1 << 0,
    WATCH_CLIENT = 1 << 1,
    WATCH_SERVER = 1 << 2,
    WATCH_DECIDED = 1 << 3,
    WATCH_TOLD = 1 << 4,
    WATCH_HTTP = 1 << 5,
    WATCH_ENDED = 1 << 6,
};

/* In each socket. Both directions may run at once on two processors; what goes wrong then is a segment more or less. */
struct payload_watch {
    __u16 bytes[2]; /* captured: received, sent */
    __u8 segments[2];
    __u8 looked;
    __u8 flags;
};

struct {
    __uint(type, BPF_MAP_TYPE_SK_STORAGE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, int);
    __type(value, struct payload_watch);
} payload_watches SEC(".maps");

/* Sockets that user space wants no more of, by their cookies. What is evicted is captured in vain, no more. */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 64);
    __type(key, __u64);
    __type(value, __u8);
} payload_unwanted SEC(".maps");

struct payload_budget {
    __u64 second;
    __u64 used;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct payload_budget);
} payload_budget SEC(".maps");

struct segment {
    __u32 offset; /* of the payload, from the IP header */
    __u32 payload;
    __u32 sequence;
};

/* As the socket knows them: in packets they may be translated in one direction and not in the other. An address that is
 * IPv4 in an IPv6 socket is IPv4, as in connection.h. */
struct socket_ends {
    __be32 local[4];
    __be32 remote[4];
    __u8 family;
};

/* Headers of TCP lie in the linear part, where reading is direct. */
static __always_inline _Bool segment_find(struct __sk_buff* skb, struct segment* to) {
    const __u8* ip = (const __u8*)(long)skb->data;
    const __u8* end = (const __u8*)(long)skb->data_end;
    const __u8* tcp;
    __u32 at = 40; /* extension headers are not followed */

    if (ip + 40 > end) {
        return 0;
    }
    if (ip[0] >> 4 == 4) {
        at = (ip[0] & 0xf) * 4;
    }
    if ((ip[0] >> 4 == 4 ? ip[9] : ip[6]) != IPPROTO_TCP) {
        return 0;
    }
    tcp = ip + at;
    if (tcp + 20 > end) {
        return 0;
    }
    to->offset = at + (tcp[12] >> 4) * 4;
    to->payload = skb->len > to->offset ? skb->len - to->offset : 0;
    to->sequence = (__u32)tcp[4] << 24 | (__u32)tcp[5] << 16 | (__u32)tcp[6] << 8 | tcp[7];
    return 1;
}

static __always_inline void socket_ends_find(const struct bpf_sock* sk, struct socket_ends* to) {
    __be32 local = sk->src_ip4;
    __be32 remote = sk->dst_ip4;

    /* Else the compiler chooses between addresses of fields, and computes with the socket's, which is not allowed. */
    barrier_var(local);
    barrier_var(remote);
    to->family = AF_INET;
    to->local[0] = local;
    to->remote[0] = remote;
    if (sk->family == AF_INET) {
        return;
    }
    for (int i = 0; i < 4; ++i) {
        to->local[i] = sk->src_ip6[i];
        to->remote[i] = sk->dst_ip6[i];
    }
    to->family = AF_INET6;
    if (to->remote[0] == 0 && to->remote[1] == 0 && to->remote[2] == __builtin_bswap32(0xffff)) {
        to->family = AF_INET;
        to->local[0] = to->local[3];
        to->remote[0] = to->remote[3];
        to->local[2] = to->remote[2] = to->local[3] = to->remote[3] = 0;
    }
}

/* Never wrong about a head, sometimes about what is none: user space reads on. RFC 9110 section 9.3. */
static __always_inline _Bool begins_like_head(struct __sk_buff* skb, const struct segment* of, __u8 flags,
                                              _Bool is_sent) {
    __u32 word;

    if (!sonde_payload_config.follows_http || of->payload < SHORTEST_HEAD ||
        bpf_skb_load_bytes(skb, of->offset, &word, 4)) {
        return 0;
    }
    switch (__builtin_bswap32(word)) {
    case 0x48545450: /* HTTP */ return !(flags & (is_sent ? WATCH_CLIENT : WATCH_SERVER));
    case 0x47455420: /* GET_ */
    case 0x504f5354: /* POST */
    case 0x50555420: /* PUT_ */
    case 0x48454144: /* HEAD */
    case 0x44454c45: /* DELE */
    case 0x50415443: /* PATC */
    case 0x4f505449: /* OPTI */
    case 0x434f4e4e: /* CONN */
    case 0x54524143: /* TRAC */ return !(flags & (is_sent ? WATCH_SERVER : WATCH_CLIENT));
    default: return 0;
    }
}

static __always_inline __u32 mixed(const __be32* address, __u32 port) {
    const __u32 sum = (address[0] ^ address[1] ^ address[2] ^ address[3]) * 0x9e3779b1u + port * 0x85ebca6bu;

    return (sum ^ sum >> 15) * 0xc2b2ae35u;
}

/* The same for both ends, unless addresses are translated between them. */
static __always_inline _Bool is_sampled(const struct bpf_sock* sk) {
    struct socket_ends ends = {};
    __u32 sum;

    socket_ends_find(sk, &ends);
    sum = mixed(ends.local, sk->src_port) + mixed(ends.remote, __builtin_bswap16(sk->dst_port));
    sum = (sum ^ sum >> 16) * 0x27d4eb2fu;
    return (sum ^ sum >> 15) <= sonde_payload_config.sampled;
}

/* At the first payload. Of two ends on one interface `lo` the client's tells all, so the server's is left alone. */
static __always_inline void watch_decide(struct payload_watch* watch, const struct __sk_buff* skb,
                                         const struct bpf_sock* sk, const struct bpf_tcp_sock* tcp) {
    watch->flags |= WATCH_DECIDED;
    /* The acknowledgement of a SYN of its own counts as a byte: tcp_ack() of net/ipv4/tcp_input.c. */
    if (!(watch->flags & WATCH_CLIENT) && tcp->bytes_acked == 0 && tcp->bytes_received == 0) {
        watch->flags |= skb->ifindex == LOOPBACK_IFINDEX ? WATCH_SERVER | WATCH_OFF : WATCH_SERVER;
    }
    if (sonde_payload_config.sampled != ~0u && !is_sampled(sk)) {
        watch->flags |= WATCH_OFF;
    }
}

static __always_inline _Bool is_affordable(void) {
    const __u32 zero = 0;
    const __u64 second = bpf_ktime_get_ns() / 1000000000;
    struct payload_budget* budget = bpf_map_lookup_elem(&payload_budget, &zero);

    if (!budget) {
        return 0;
    }
    if (budget->second != second) {
        budget->second = second;
        budget->used = 0;
    }
    if (budget->used >= sonde_payload_config.per_second) {
        sonde_count_loss(SONDE_EVENT_PAYLOAD, SONDE_LOSS_RATE_LIMITED);
        return 0;
    }
    __sync_fetch_and_add(&budget->used, 1);
    return 1;
}

static __always_inline __u32 network_namespace_of(struct bpf_sock* sk) {
    const struct tcp_sock* tcp = bpf_skc_to_tcp_sock(sk);

    return tcp ? tcp->inet_conn.icsk_inet.sk.__sk_common.skc_net.net->ns.inum : 0;
}

static __always_inline void record_fill(struct sonde_payload* record, struct __sk_buff* skb, struct bpf_sock* sk,
                                        const struct segment* of, __u8 flags, __u32 captured) {
    struct socket_ends ends = {};

    socket_ends_find(sk, &ends);
    record->cookie = bpf_get_socket_cookie(skb);
    __builtin_memcpy(record->local_address, ends.local, sizeof(record->local_address));
    __builtin_memcpy(record->remote_address, ends.remote, sizeof(record->remote_address));
    record->local_port = sk->src_port;
    record->remote_port = __builtin_bswap16(sk->dst_port);
    record->network_namespace = network_namespace_of(sk);
    record->sequence = of->sequence;
    record->length = of->payload;
    record->captured = captured;
    record->family = ends.family;
    record->flags = flags;
    record->reserved = 0;
}

/* Straight into the ring: a buffer of the processor would not do, since a program that runs for a task is interrupted
 * by those that run for the network. `room` is a constant. */
static __always_inline void record_send(struct __sk_buff* skb, struct bpf_sock* sk, const struct segment* of,
                                        __u8 flags, __u32 captured, const __u32 room) {
    const __u32 size = sizeof(struct sonde_payload) - SONDE_PAYLOAD_CAPTURE + room;
    struct sonde_payload* record = sonde_ring_reserve(SONDE_EVENT_PAYLOAD, size);

    if (!record) {
        return;
    }
    record_fill(record, skb, sk, of, flags, captured);
    /* One comparison in the register that becomes the size, as in udp.bpf.c. */
    captured -= 1;
    barrier_var(captured);
    if (captured < room) {
        captured += 1;
        if (bpf_skb_load_bytes(skb, of->offset, record->payload, captured)) {
            record->captured = 0;
            sonde_count_loss(SONDE_EVENT_PAYLOAD, SONDE_LOSS_READ_FAULT);
        }
    } else {
        record->captured = 0; /* there is none: the end alone is told */
    }
    sonde_ring_submit(record, size);
}

static __always_inline void capture(struct __sk_buff* skb, struct bpf_sock* sk, struct payload_watch* watch, __u8 flags,
                                    const struct segment* of) {
    const _Bool is_sent = flags & SONDE_PAYLOAD_SENT;
    const __u32 most = sonde_payload_config.capture;
    const __u32 captured = of->payload < most ? of->payload : most;

    flags |= watch->flags & WATCH_CLIENT ? SONDE_PAYLOAD_CLIENT : 0;
    flags |= watch->flags & WATCH_SERVER ? SONDE_PAYLOAD_SERVER : 0;
    if (flags & SONDE_PAYLOAD_ENDED) {
        watch->flags |= WATCH_ENDED;
    }
    if (captured <= 128) {
        record_send(skb, sk, of, flags, captured, 128);
    } else if (captured <= 512) {
        record_send(skb, sk, of, flags, captured, 512);
    } else {
        record_send(skb, sk, of, flags, captured, SONDE_PAYLOAD_CAPTURE);
    }
    watch->flags |= WATCH_TOLD;
    watch->segments[is_sent] += watch->segments[is_sent] < 255;
    watch->bytes[is_sent] += watch->bytes[is_sent] < SONDE_PAYLOAD_CAPTURE ? captured : 0;
}

/* One of the first segments, from which the protocol may be told. */
static __always_inline _Bool is_early(const struct payload_watch* watch, _Bool is_sent) {
    return !(watch->flags & WATCH_HTTP) && watch->segments[is_sent] < FIRST_SEGMENTS &&
           watch->bytes[is_sent] < SONDE_PAYLOAD_CAPTURE;
}

static __always_inline void watch_passed(struct payload_watch* watch) {
    if (watch->flags & WATCH_HTTP) {
        return;
    }
    watch->looked += 1;
    if (watch->looked >= MOST_SEGMENTS || (!is_early(watch, 0) && !is_early(watch, 1))) {
        watch->flags |= WATCH_OFF;
    }
}

static __always_inline void look_at_payload(struct __sk_buff* skb, struct bpf_sock* sk, struct payload_watch* watch,
                                            const struct segment* of, __u8 flags) {
    const _Bool is_sent = flags & SONDE_PAYLOAD_SENT;
    const __u64 cookie = bpf_get_socket_cookie(skb);
    const struct bpf_tcp_sock* tcp;

    if (begins_like_head(skb, of, watch->flags, is_sent)) {
        flags |= SONDE_PAYLOAD_HEAD;
    } else if (!is_early(watch, is_sent)) {
        watch_passed(watch);
        return;
    }
    if (watch->flags & WATCH_TOLD && bpf_map_lookup_elem(&payload_unwanted, &cookie)) {
        bpf_map_delete_elem(&payload_unwanted, &cookie);
        watch->flags |= WATCH_OFF;
        return;
    }
    tcp = bpf_tcp_sock(sk);
    if (!tcp) {
        return;
    }
    if (!(watch->flags & WATCH_DECIDED)) {
        watch_decide(watch, skb, sk, tcp);
        if (watch->flags & WATCH_OFF) {
            return;
        }
    }
    if (flags & SONDE_PAYLOAD_HEAD) {
        watch->flags |= WATCH_HTTP;
    }
    if (is_affordable()) {
        capture(skb, sk, watch, flags, of);
    }
}

static __always_inline _Bool is_ending(__u32 state) {
    return state == TCP_FIN_WAIT1 || state == TCP_LAST_ACK || state == TCP_CLOSING || state == TCP_CLOSE;
}

static __always_inline void look_at(struct __sk_buff* skb, _Bool is_sent) {
    struct bpf_sock* sk = skb->sk;
    struct payload_watch* watch;
    struct segment of;
    __u8 flags = is_sent ? SONDE_PAYLOAD_SENT : 0;

    if (!sk) {
        return;
    }
    sk = bpf_sk_fullsock(sk);
    if (!sk || sk->protocol != IPPROTO_TCP || sk->state == TCP_LISTEN) {
        return;
    }
    watch = bpf_sk_storage_get(&payload_watches, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
    if (!watch) {
        sonde_count_loss(SONDE_EVENT_PAYLOAD, SONDE_LOSS_MAP_FULL);
        return;
    }
    if (watch->flags & WATCH_OFF) {
        return;
    }
    if (sk->state == TCP_SYN_SENT) {
        watch->flags |= WATCH_CLIENT;
        return;
    }
    if (!segment_find(skb, &of)) {
        return;
    }
    if (is_sent && is_ending(sk->state) && watch->flags & WATCH_TOLD && !(watch->flags & WATCH_ENDED)) {
        flags |= SONDE_PAYLOAD_ENDED;
    }
    if (of.payload) {
        look_at_payload(skb, sk, watch, &of, flags);
    } else if (flags & SONDE_PAYLOAD_ENDED) {
        capture(skb, sk, watch, flags, &of);
    }
}

SEC("cgroup_skb/egress")
int payload_sent(struct __sk_buff* skb) {
    look_at(skb, 1);
    return 1;
}

SEC("cgroup_skb/ingress")
int payload_received(struct __sk_buff* skb) {
    look_at(skb, 0);
    return 1;
}
