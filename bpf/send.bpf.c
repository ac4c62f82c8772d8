/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Each call that hands data to TCP, with the peer. Off unless asked for: connections are counted without a hook on the
 * data path. Needs a kernel with function tracing or kprobes. */
#include "sonde_bpf/program.h"

#include <bpf/bpf_endian.h>

#include "sonde_bpf/ring.h"
#include "sonde_bpf/send.h"
#include "sonde_bpf/task.h"

SONDE_LICENSE;

#define AF_INET 2
#define AF_INET6 10

static __always_inline int is_mapped(const __u8* address) {
    const __u32* words = (const __u32*)address;

    return words[0] == 0 && words[1] == 0 && words[2] == bpf_htonl(0xffff);
}

static __always_inline void keep_v4(__u8* address, __u32 value) {
    __u32* words = (__u32*)address;

    words[0] = value;
    words[1] = words[2] = words[3] = 0;
}

static __always_inline int tell_send(const struct sock* socket, __u64 bytes) {
    struct sonde_send* record = sonde_ring_reserve(SONDE_EVENT_SEND, sizeof(*record));

    if (!record) {
        return 0;
    }
    const __u64 ids = bpf_get_current_pid_tgid();
    record->bytes = bytes;
    record->cgroup_id = bpf_get_current_cgroup_id();
    record->pid = ids >> 32;
    record->tid = (__u32)ids;
    record->local_port = BPF_CORE_READ(socket, __sk_common.skc_num);
    record->remote_port = bpf_ntohs(BPF_CORE_READ(socket, __sk_common.skc_dport));
    record->family = BPF_CORE_READ(socket, __sk_common.skc_family);
    __builtin_memset(record->reserved, 0, sizeof(record->reserved));
    bpf_get_current_comm(record->name, sizeof(record->name));
    if (record->family == AF_INET6) {
        BPF_CORE_READ_INTO(&record->local_address, socket, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr8);
        BPF_CORE_READ_INTO(&record->remote_address, socket, __sk_common.skc_v6_daddr.in6_u.u6_addr8);
    }
    if (record->family != AF_INET6 || is_mapped(record->remote_address)) {
        record->family = AF_INET;
        keep_v4(record->local_address, BPF_CORE_READ(socket, __sk_common.skc_rcv_saddr));
        keep_v4(record->remote_address, BPF_CORE_READ(socket, __sk_common.skc_daddr));
    }
    sonde_ring_submit(record, sizeof(*record));
    return 0;
}

SEC("fentry/tcp_sendmsg")
int BPF_PROG(send_tcp, struct sock* socket, void* message, __u64 size) { return tell_send(socket, size); }

SEC("kprobe/tcp_sendmsg")
int BPF_KPROBE(send_tcp_kprobe, struct sock* socket, void* message, __u64 size) { return tell_send(socket, size); }
