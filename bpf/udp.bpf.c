/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* UDP flows and DNS messages, at the sockets of the cgroup that the programs are attached to, which is the root of
 * cgroup v2: all. A TCP packet costs a look at its header, unless its peer's port is one of DNS. */
#include "sonde_bpf/dns_ports.h"
#include "sonde_bpf/packet.h"
#include "sonde_bpf/ring.h"
#include "sonde_bpf/socket_storage.h"
#include "sonde_bpf/udp.h"

SONDE_LICENSE;

/* Full means that a flow is not counted, and that is counted: eviction would lose without a word. User space takes out
 * what has been quiet. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 65536);
    __type(key, struct sonde_udp_key);
    __type(value, struct sonde_udp_flow);
} udp_flows SEC(".maps");

static __always_inline struct sonde_udp_flow* made_flow(const struct sonde_udp_key* key, const struct packet* of,
                                                        struct bpf_sock* sk, _Bool is_sent, __u64 now) {
    struct sonde_udp_flow made = {.first = now, .direction = is_sent ? SONDE_DIRECTION_OUTGOING : SONDE_DIRECTION_INCOMING};
    const struct socket_owner* owner = socket_stored_owner(sk);

    __builtin_memcpy(made.local_address, of->local, sizeof(made.local_address));
    made.cgroup_id = bpf_sk_cgroup_id(sk);
    if (owner) {
        made.pid = owner->user.pid;
        made.tid = owner->user.tid;
        made.process_start = owner->user.process_start;
        made.flags = owner->flags;
        made.network_namespace = owner->network_namespace;
        __builtin_memcpy(made.comm, owner->user.comm, sizeof(made.comm));
    }
    /* Before Linux 6.4 only the lower half of the result is set: map operations gave an int (commit d7ba4cc900bf). */
    if ((int)bpf_map_update_elem(&udp_flows, key, &made, BPF_NOEXIST) == -7 /* E2BIG */) {
        sonde_count_loss(SONDE_EVENT_CONNECTION, SONDE_LOSS_MAP_FULL);
        return 0;
    }
    return bpf_map_lookup_elem(&udp_flows, key); /* another CPU's, if that was first */
}

static __always_inline void count_flow(const struct packet* of, struct bpf_sock* sk, __u64 cookie, _Bool is_sent) {
    struct sonde_udp_key key = {.cookie = cookie, .family = of->family};
    const __u64 now = bpf_ktime_get_ns();
    struct sonde_udp_flow* flow;

    key.remote_port = of->remote_port;
    key.local_port = of->local_port;
    __builtin_memcpy(key.remote_address, of->remote, sizeof(key.remote_address));
    flow = bpf_map_lookup_elem(&udp_flows, &key);
    if (!flow) {
        flow = made_flow(&key, of, sk, is_sent, now);
        if (!flow) {
            return;
        }
    }
    flow->last = now;
    /* Odd turns: the last packet went against the first one's direction. */
    if (flow->turns < 3 && (flow->turns & 1) == (is_sent == (flow->direction == SONDE_DIRECTION_OUTGOING))) {
        flow->turns += 1;
    }
    if (is_sent) {
        __sync_fetch_and_add(&flow->sent_bytes, of->payload);
        __sync_fetch_and_add(&flow->sent_packets, of->segments);
    } else {
        __sync_fetch_and_add(&flow->received_bytes, of->payload);
        __sync_fetch_and_add(&flow->received_packets, of->segments);
    }
}

/* Straight into the ring: it is larger than the stack, and a buffer of the processor would not do, since the program
 * that runs for a task is interrupted by the one that runs for the network. `room` is a constant. */
static __always_inline void send_dns(struct __sk_buff* skb, const struct packet* of, struct bpf_sock* sk, __u64 cookie,
                                     _Bool is_sent, __u32 captured, const __u32 room) {
    const __u32 size = sizeof(struct sonde_dns) - SONDE_DNS_CAPTURE + room;
    const struct socket_owner* owner = socket_stored_owner(sk);
    struct sonde_dns* record = sonde_ring_reserve(SONDE_EVENT_DNS, size);

    if (!record) {
        return;
    }
    record->cookie = cookie;
    record->pid = owner ? owner->user.pid : 0;
    record->network_namespace = owner ? owner->network_namespace : 0;
    record->length = of->payload > 0xffff ? 0xffff : of->payload;
    record->captured = captured;
    __builtin_memcpy(record->local_address, of->local, sizeof(record->local_address));
    __builtin_memcpy(record->remote_address, of->remote, sizeof(record->remote_address));
    record->local_port = of->local_port;
    record->remote_port = of->remote_port;
    record->family = of->family;
    record->protocol = of->protocol;
    record->is_sent = is_sent;
    record->tcp_flags = of->tcp_flags;
    record->sequence = of->sequence;
    /* One comparison in the register that becomes the size: older verifiers do not learn from `!= 0`, nor from a copy. */
    captured -= 1;
    barrier_var(captured);
    if (captured < room) {
        captured += 1;
        if (bpf_skb_load_bytes(skb, of->payload_offset, record->payload, captured)) {
            record->captured = 0;
            sonde_count_loss(SONDE_EVENT_DNS, SONDE_LOSS_READ_FAULT);
        }
    } else {
        record->captured = 0;
    }
    sonde_ring_submit(record, size);
}

static __always_inline void capture_dns(struct __sk_buff* skb, const struct packet* of, struct bpf_sock* sk,
                                        __u64 cookie, _Bool is_sent) {
    __u32 captured = of->payload;

    if (!captured) {
        return;
    }
    if (captured > SONDE_DNS_CAPTURE) {
        captured = SONDE_DNS_CAPTURE;
        sonde_count_loss(SONDE_EVENT_DNS, SONDE_LOSS_TRUNCATED);
    }
    if (captured <= 128) {
        send_dns(skb, of, sk, cookie, is_sent, captured, 128);
    } else if (captured <= 512) {
        send_dns(skb, of, sk, cookie, is_sent, captured, 512);
    } else {
        send_dns(skb, of, sk, cookie, is_sent, captured, SONDE_DNS_CAPTURE);
    }
}

static __always_inline void look_into(struct __sk_buff* skb, struct bpf_sock* sk, _Bool is_sent) {
    struct packet of = {};
    __u64 cookie;

    if (!packet_parse(skb, &of, is_sent)) {
        return;
    }
    cookie = bpf_get_socket_cookie(skb);
    if (of.protocol == IPPROTO_UDP && sonde_udp_config.counts_flows) {
        count_flow(&of, sk, cookie, is_sent);
    }
    if (is_dns_port(of.remote_port)) {
        capture_dns(skb, &of, sk, cookie, is_sent);
    }
}

/* A packet of TCP with a usual header that is not of DNS, by the least that tells it. */
static __always_inline _Bool is_other_tcp(const struct __sk_buff* skb, _Bool is_sent) {
    const __u8* end = (const __u8*)(long)skb->data_end;
    const __u8* at = (const __u8*)(long)skb->data;
    const __be16* ports;

    if (at + 24 > end) {
        return 0;
    }
    if (at[0] == 0x45 && at[9] == IPPROTO_TCP) {
        ports = (const __be16*)(at + 20);
    } else if (at + 44 <= end && at[0] >> 4 == 6 && at[6] == IPPROTO_TCP) {
        ports = (const __be16*)(at + 40);
    } else {
        return 0;
    }
    return !is_dns_port(__builtin_bswap16(ports[is_sent]));
}

static __always_inline void look_at(struct __sk_buff* skb, _Bool is_sent) {
    struct bpf_sock* sk;

    if (is_other_tcp(skb, is_sent)) {
        return;
    }
    sk = skb->sk;
    if (!sk) {
        return;
    }
    sk = bpf_sk_fullsock(sk);
    if (!sk) {
        return;
    }
    if (sk->protocol == IPPROTO_UDP || (sk->protocol == IPPROTO_TCP && is_dns_port(__builtin_bswap16(sk->dst_port)))) {
        look_into(skb, sk, is_sent);
    }
}

SEC("cgroup_skb/egress")
int udp_sent(struct __sk_buff* skb) {
    look_at(skb, 1);
    return 1;
}

SEC("cgroup_skb/ingress")
int udp_received(struct __sk_buff* skb) {
    look_at(skb, 0);
    return 1;
}

/* Whoever makes a socket is taken for its user until the socket is found in another process's files. */
static __always_inline struct socket_owner* made_owner(struct bpf_sock* sk) {
    struct socket_owner* owner;
    __u64 id;

    if (sk->protocol != IPPROTO_UDP && !(sk->protocol == 0 && sk->type == SOCK_DGRAM)) {
        return 0;
    }
    if (sk->family != AF_INET && sk->family != AF_INET6) {
        return 0;
    }
    owner = socket_stored_owner_make(sk);
    if (!owner) {
        sonde_count_loss(SONDE_EVENT_CONNECTION, SONDE_LOSS_MAP_FULL);
        return 0;
    }
    id = bpf_get_current_pid_tgid();
    owner->user.pid = id >> 32;
    owner->user.tid = (__u32)id;
    bpf_get_current_comm(owner->user.comm, sizeof(owner->user.comm));
    return owner;
}

/* The context is the kernel's socket (__cgroup_bpf_run_filter_sk() of kernel/bpf/cgroup.c), of which the verifier shows
 * such programs a part only. Its address, once on the stack, can be read like anything else. */
static __always_inline const struct sock* kernel_socket(const struct bpf_sock* sk) {
    const void* there = sk;
    const struct sock* address = 0;

    bpf_probe_read_kernel(&address, sizeof(address), &there);
    return address;
}

/* A socket belongs to the network namespace that its maker was in, which need not be that of the rest of the process,
 * nor where that process is later. */
SEC("cgroup/sock_create")
int udp_created(struct bpf_sock* sk) {
    struct socket_owner* owner = made_owner(sk);
    const struct task_struct* task;

    if (owner) {
        task = (const struct task_struct*)bpf_get_current_task();
        owner->user.process_start = BPF_CORE_READ(task, group_leader, start_boottime);
        owner->network_namespace = BPF_CORE_READ(kernel_socket(sk), __sk_common.skc_net.net, ns.inum);
    }
    return 1;
}

/* For kernels that do not let such programs read memory, as when they are locked down. */
SEC("cgroup/sock_create")
int udp_created_blind(struct bpf_sock* sk) {
    made_owner(sk);
    return 1;
}
