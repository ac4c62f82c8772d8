/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* TCP connections from their state changes alone: nothing runs per packet, per send or per receive. The kernel's own
 * counters are read when a connection ends, and by an iterator while it lives.
 *
 * Who: connect() and listen() change the state in the caller's context. A connection that is accepted starts with its
 * listener's process and gets its own at the first state change by a task that holds the socket, which is its close or
 * shutdown, or by `tcp_owners`. */
#include "sonde_bpf/ring.h"
#include "sonde_bpf/socket_owner.h"
#include "sonde_bpf/tcp_record.h"

SONDE_LICENSE;

static __always_inline struct socket_owner* owner_of(struct sock* sk, __u64 flags) {
    return bpf_sk_storage_get(&socket_owners, sk, 0, flags);
}

static __always_inline struct socket_owner* made_for(struct sock* sk, __u64 now, __u8 direction) {
    struct socket_owner* owner = owner_of(sk, BPF_SK_STORAGE_GET_F_CREATE);

    if (!owner) {
        sonde_count_loss(SONDE_EVENT_CONNECTION, SONDE_LOSS_MAP_FULL);
        return 0;
    }
    owner->cookie = bpf_get_socket_cookie(sk);
    owner->created = now;
    owner->established = 0;
    owner->direction = direction;
    owner->flags = 0;
    return owner;
}

static __always_inline void on_opened(struct sock* sk, __u64 now, __u8 direction) {
    struct socket_owner* owner = made_for(sk, now, direction);

    if (owner) {
        socket_owner_is_current(owner);
    }
}

static __always_inline void on_established(struct sock* sk, int before, __u64 now) {
    struct socket_owner* owner;

    if (before == TCP_SYN_RECV) {
        owner = made_for(sk, now, SONDE_DIRECTION_INCOMING);
    } else {
        owner = owner_of(sk, 0);
    }
    if (owner) {
        owner->established = now;
    }
}

static __always_inline void on_closed(struct sock* sk, int before, __u64 now) {
    struct socket_owner* owner;
    struct sonde_connection_event* event;

    /* A listener ends, or a socket that never was more than bound. */
    if (before == TCP_LISTEN || before == TCP_CLOSE) {
        return;
    }
    event = sonde_ring_reserve(SONDE_EVENT_CONNECTION, sizeof(*event));
    if (!event) {
        return;
    }
    owner = owner_of(sk, 0);
    tcp_record_fill(&event->connection, sk, owner, now);
    event->connection.state = before;
    event->connection.flags |= SONDE_CONNECTION_CLOSED;
    if (before == TCP_SYN_SENT || before == TCP_SYN_RECV) {
        event->connection.flags |= SONDE_CONNECTION_FAILED;
        /* Given up by its own process before the peer answered. */
        if (!event->connection.error) {
            event->connection.error = ECANCELED;
        }
    }
    sonde_ring_submit(event, sizeof(*event));
    if (owner) {
        bpf_sk_storage_delete(&socket_owners, sk);
    }
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state, struct sock* sk, int before, int after) {
    const __u64 now = bpf_ktime_get_ns();
    struct socket_owner* owner;

    /* DCCP and SCTP share the tracepoint. */
    if (sk->sk_protocol != IPPROTO_TCP) {
        return 0;
    }
    switch (after) {
    case TCP_SYN_SENT: on_opened(sk, now, SONDE_DIRECTION_OUTGOING); return 0;
    case TCP_LISTEN: on_opened(sk, now, SONDE_DIRECTION_UNKNOWN); return 0;
    case TCP_ESTABLISHED: on_established(sk, before, now); return 0;
    case TCP_SYN_RECV: return 0;
    default: break;
    }
    if (socket_used_by_task(sk)) {
        owner = owner_of(sk, 0);
        if (owner && owner->direction == SONDE_DIRECTION_INCOMING && !(owner->flags & SONDE_CONNECTION_ACCEPTED)) {
            socket_owner_is_current(owner);
            owner->flags |= SONDE_CONNECTION_ACCEPTED;
        }
    }
    if (after == TCP_CLOSE) {
        on_closed(sk, before, now);
    }
    return 0;
}

/* All connections that are there, in every network namespace. */
SEC("iter/bpf_sk_storage_map")
int tcp_walk(struct bpf_iter__bpf_sk_storage_map* on) {
    struct sonde_connection record = {};
    struct sock* sk = on->sk;
    struct socket_owner* owner = on->value;

    if (!sk || !owner || sk->sk_protocol != IPPROTO_TCP) {
        return 0;
    }
    switch (sk->__sk_common.skc_state) {
    case TCP_LISTEN:
    case TCP_CLOSE:
    case TCP_SYN_RECV: return 0;
    default: break;
    }
    tcp_record_fill(&record, sk, owner, bpf_ktime_get_ns());
    bpf_seq_write(on->meta->seq, &record, sizeof(record));
    return 0;
}

/* Every open file of every process: sockets that are older than the agent are remembered from here on, and accepted
 * connections learn their process. */
SEC("iter/task_file")
int tcp_owners(struct bpf_iter__task_file* on) {
    const struct task_struct* task = on->task;
    struct file* file = on->file;
    struct socket_owner* owner;
    struct socket* from;
    struct sock* sk;

    if (!task || !file) {
        return 0;
    }
    from = bpf_sock_from_file(file);
    if (!from || !(sk = from->sk)) {
        return 0;
    }
    if (sk->__sk_common.skc_family != AF_INET && sk->__sk_common.skc_family != AF_INET6) {
        return 0;
    }
    if (sk->sk_protocol != IPPROTO_TCP || sk->__sk_common.skc_state == TCP_CLOSE) {
        return 0;
    }
    owner = owner_of(sk, 0);
    if (!owner) {
        owner = made_for(sk, 0, SONDE_DIRECTION_UNKNOWN);
        if (!owner) {
            return 0;
        }
        owner->flags = SONDE_CONNECTION_EXISTED;
    } else if (owner->direction != SONDE_DIRECTION_INCOMING || owner->flags & SONDE_CONNECTION_ACCEPTED) {
        return 0;
    }
    owner->flags |= SONDE_CONNECTION_ACCEPTED;
    owner->pid = task->tgid;
    owner->tid = task->pid;
    owner->process_start = task->group_leader->start_boottime;
    owner->cgroup_id = 0;
    bpf_probe_read_kernel_str(owner->comm, sizeof(owner->comm), task->comm);
    return 0;
}
