/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* connect() of TCP and UDP sockets, with the address that the program gave. Off unless asked for: who is connected to
 * whom is told without it. Everything of a call is read while it is made, so that calls of two threads cannot be mixed
 * up. A call that fails before a packet is sent is told a second time. */
#include "sonde_bpf/program.h"

#include <bpf/bpf_endian.h>

#include "sonde_bpf/connect.h"
#include "sonde_bpf/ring.h"
#include "sonde_bpf/syscall.h"

SONDE_LICENSE;

/* include/uapi/asm-generic/errno-base.h and errno.h: no failure, or one that came of packets. */
#define EINTR 4
#define EISCONN 106
#define ETIMEDOUT 110
#define ECONNREFUSED 111
#define ECONNRESET 104
#define EALREADY 114
#define EINPROGRESS 115

/* include/uapi/linux/in.h and in6.h */
struct address_v4 {
    __u16 family;
    __be16 port;
    __be32 address;
};

struct address_v6 {
    __u16 family;
    __be16 port;
    __be32 flow;
    __be32 address[4];
};

static __always_inline void set_v4(struct sonde_connect* record, __be32 address) {
    __be32* words = (__be32*)record->address;

    record->family = AF_INET;
    words[0] = address;
    words[1] = words[2] = words[3] = 0;
}

static __always_inline void set_v6(struct sonde_connect* record, __be32 a, __be32 b, __be32 c, __be32 d) {
    __be32* words = (__be32*)record->address;

    if (a == 0 && b == 0 && c == bpf_htonl(0xffff)) {
        set_v4(record, d);
        return;
    }
    record->family = AF_INET6;
    words[0] = a;
    words[1] = b;
    words[2] = c;
    words[3] = d;
}

static __always_inline void read_caller_by_helpers(struct sonde_caller* into) {
    const __u64 ids = bpf_get_current_pid_tgid();

    __builtin_memset(into, 0, sizeof(*into));
    into->pid = ids >> 32;
    into->tid = (__u32)ids;
    into->cgroup_id = bpf_get_current_cgroup_id();
    bpf_get_current_comm(into->name, sizeof(into->name));
}

/* A socket stays in the network namespace that it was made in. The verifier shows a part of it only; its address, once
 * on the stack, can be read like anything else. */
static __always_inline __u32 network_namespace_of(const struct bpf_sock* sk) {
    const void* there = sk;
    const struct sock* address = 0;

    bpf_probe_read_kernel(&address, sizeof(address), &there);
    return BPF_CORE_READ(address, __sk_common.skc_net.net, ns.inum);
}

static __always_inline struct sonde_connect* begin_call(struct bpf_sock_addr* call) {
    const __u32 protocol = call->protocol;
    struct sonde_connect* record;

    if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP) {
        return 0;
    }
    record = sonde_ring_reserve(SONDE_EVENT_CONNECT, sizeof(*record));
    if (!record) {
        return 0;
    }
    record->cookie = bpf_get_socket_cookie(call);
    record->port = bpf_ntohs((__be16)call->user_port);
    record->error = 0;
    record->protocol = protocol;
    __builtin_memset(record->reserved, 0, sizeof(record->reserved));
    return record;
}

static __always_inline void set_caller(struct sonde_connect* record, struct bpf_sock_addr* call, _Bool is_blind) {
    const struct bpf_sock* sk;

    if (is_blind) {
        read_caller_by_helpers(&record->caller);
        return;
    }
    sonde_read_caller(&record->caller, (const struct task_struct*)bpf_get_current_task());
    sk = call->sk;
    if (sk) {
        record->caller.network_namespace = network_namespace_of(sk);
    }
}

static __always_inline int tell_v4(struct bpf_sock_addr* call, _Bool is_blind) {
    struct sonde_connect* record = begin_call(call);

    if (record) {
        set_v4(record, call->user_ip4);
        set_caller(record, call, is_blind);
        sonde_ring_submit(record, sizeof(*record));
    }
    return 1; /* allowed */
}

static __always_inline int tell_v6(struct bpf_sock_addr* call, _Bool is_blind) {
    struct sonde_connect* record = begin_call(call);

    if (record) {
        set_v6(record, call->user_ip6[0], call->user_ip6[1], call->user_ip6[2], call->user_ip6[3]);
        set_caller(record, call, is_blind);
        sonde_ring_submit(record, sizeof(*record));
    }
    return 1;
}

SEC("cgroup/connect4")
int connect_v4(struct bpf_sock_addr* call) { return tell_v4(call, 0); }

SEC("cgroup/connect6")
int connect_v6(struct bpf_sock_addr* call) { return tell_v6(call, 0); }

/* For kernels that do not let such programs read memory, as when they are locked down. */
SEC("cgroup/connect4")
int connect_v4_blind(struct bpf_sock_addr* call) { return tell_v4(call, 1); }

SEC("cgroup/connect6")
int connect_v6_blind(struct bpf_sock_addr* call) { return tell_v6(call, 1); }

static __always_inline _Bool is_failure(long result) {
    switch (-result) {
    case EINTR:
    case EISCONN:
    case ETIMEDOUT:
    case ECONNREFUSED:
    case ECONNRESET:
    case EALREADY:
    case EINPROGRESS: return 0;
    default: return result < 0 && result >= -SONDE_MOST_ERRNO;
    }
}

/* The address as the program wrote it, which nobody but the program has changed since. */
static __always_inline _Bool read_address(struct sonde_connect* record, const void* user) {
    struct address_v6 given = {};

    if (bpf_probe_read_user(&given, sizeof(struct address_v4), user)) {
        return 0;
    }
    record->port = bpf_ntohs(given.port);
    if (given.family == AF_INET) {
        set_v4(record, given.flow); /* which is where its address lies */
        return 1;
    }
    if (given.family != AF_INET6 || bpf_probe_read_user(&given, sizeof(given), user)) {
        return 0;
    }
    set_v6(record, given.address[0], given.address[1], given.address[2], given.address[3]);
    return 1;
}

static __always_inline const struct sock* socket_of(const struct task_struct* task, __u32 number) {
    const struct file* file = sonde_file_of(task, number);
    const struct socket* socket;

    if ((BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK) {
        return 0;
    }
    socket = BPF_CORE_READ(file, private_data);
    return BPF_CORE_READ(socket, sk);
}

static __always_inline int tell_failure(__u32 number, const void* address, long result) {
    const struct task_struct* task = (const struct task_struct*)bpf_get_current_task();
    const struct sock* sk = socket_of(task, number);
    const __u16 protocol = BPF_CORE_READ(sk, sk_protocol);
    const __u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
    struct sonde_connect* record;

    if ((family != AF_INET && family != AF_INET6) || (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)) {
        return 0;
    }
    record = sonde_ring_reserve(SONDE_EVENT_CONNECT, sizeof(*record));
    if (!record) {
        return 0;
    }
    if (!read_address(record, address)) {
        bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
        sonde_count_loss(SONDE_EVENT_CONNECT, SONDE_LOSS_READ_FAULT);
        return 0;
    }
    sonde_read_caller(&record->caller, task);
    record->caller.network_namespace = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
    record->cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
    record->error = -result;
    record->protocol = protocol;
    __builtin_memset(record->reserved, 0, sizeof(record->reserved));
    sonde_ring_submit(record, sizeof(*record));
    return 0;
}

SEC("fexit/__sys_connect")
int BPF_PROG(connect_result, int number, const void* address, int size, long result) {
    return is_failure((int)result) ? tell_failure(number, address, (int)result) : 0;
}

/* Without function tracing: at the end of every system call of the machine, most of which end at the first comparison. */
SEC("tp_btf/sys_exit")
int BPF_PROG(connect_call_end, struct pt_regs* regs, long result) {
    if (sonde_call_number(regs) != SONDE_CALL_CONNECT || !is_failure(result) ||
        sonde_is_compat((const struct task_struct*)bpf_get_current_task())) {
        return 0;
    }
    return tell_failure(PT_REGS_PARM1_CORE_SYSCALL(regs), (const void*)PT_REGS_PARM2_CORE_SYSCALL(regs), result);
}

SEC("raw_tp/sys_exit")
int BPF_PROG(connect_call_end_raw, struct pt_regs* regs, long result) {
    if (!is_failure(result) || sonde_call_number_raw(regs) != SONDE_CALL_CONNECT ||
        sonde_is_compat((const struct task_struct*)bpf_get_current_task())) {
        return 0;
    }
    return tell_failure(PT_REGS_PARM1_CORE_SYSCALL(regs), (const void*)PT_REGS_PARM2_CORE_SYSCALL(regs), result);
}
