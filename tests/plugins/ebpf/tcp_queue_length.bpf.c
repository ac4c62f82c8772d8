/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* A record for each TCP socket with something in its queues, for each process that has it open. The iterator over open
 * files is taken and not the one over TCP sockets: it knows the process, and it sees all network namespaces. */
#include "tcp_queue_length.h"

#include <sonde_bpf/program.h>

SONDE_LICENSE;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct sock___queues {
    struct {
        atomic_t rmem_alloc;
    } sk_backlog;
    int sk_rcvbuf;
    int sk_sndbuf;
    int sk_wmem_queued;
};
#pragma clang attribute pop

static __always_inline const struct sock* tcp_socket_of(const struct file* file) {
    const struct socket* from;
    const struct sock* sk;
    __u16 family;

    if ((BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK) {
        return 0;
    }
    from = BPF_CORE_READ(file, private_data);
    sk = BPF_CORE_READ(from, sk);
    family = BPF_CORE_READ(sk, __sk_common.skc_family);
    if ((family != AF_INET && family != AF_INET6) || BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP) {
        return 0;
    }
    return BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_LISTEN ? 0 : sk;
}

SEC("iter/task_file")
int tcp_queues(struct bpf_iter__task_file* on) {
    const struct task_struct* task = on->task;
    const struct file* file = on->file;
    struct tcp_queue_record record = {};
    const struct sock___queues* queues;

    if (!task || !file) {
        return 0;
    }
    queues = (const void*)tcp_socket_of(file);
    if (!queues) {
        return 0;
    }
    record.receive_used = BPF_CORE_READ(queues, sk_backlog.rmem_alloc.counter);
    record.send_used = BPF_CORE_READ(queues, sk_wmem_queued);
    if (!record.receive_used && !record.send_used) {
        return 0;
    }
    record.receive_limit = BPF_CORE_READ(queues, sk_rcvbuf);
    record.send_limit = BPF_CORE_READ(queues, sk_sndbuf);
    record.pid = BPF_CORE_READ(task, tgid);
    record.start_time = BPF_CORE_READ(task, group_leader, start_boottime);
    BPF_CORE_READ_STR_INTO(&record.name, task, group_leader, comm);
    bpf_seq_write(on->meta->seq, &record, sizeof(record));
    return 0;
}
