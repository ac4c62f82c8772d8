/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* What a state change of a TCP socket means, wherever its owner is remembered. The includer defines before:
 *   socket_owner_find(sk), socket_owner_make(sk), socket_owner_drop(sk), socket_cookie(sk, now)
 *   socket_owner_share(sk, owner)   lets those find it too whom the table does not help
 *
 * Who: connect() and listen() change the state in the caller's context. A connection that is accepted starts with its
 * listener's process and gets its own at the first state change by a task that holds the socket, which is its close or
 * shutdown, or when user space asks for the owners of all open files. */
#pragma once

#include "listeners.h"
#include "ring.h"
#include "socket_owner.h"
#include "tcp_record.h"

static __always_inline struct socket_owner* tcp_begin(struct sock* sk, __u64 now, __u8 direction) {
    struct socket_owner* owner = socket_owner_make(sk);

    if (!owner) {
        sonde_count_loss(SONDE_EVENT_CONNECTION, SONDE_LOSS_MAP_FULL);
        return 0;
    }
    owner->cookie = socket_cookie(sk, now);
    owner->network_namespace = socket_network_namespace(sk);
    owner->created = now;
    owner->established = 0;
    owner->direction = direction;
    owner->flags = 0;
    return owner;
}

static __always_inline void tcp_opened(struct sock* sk, __u64 now) {
    struct socket_owner* owner = tcp_begin(sk, now, SONDE_DIRECTION_OUTGOING);

    if (owner) {
        socket_user_is_current(&owner->user);
        socket_owner_share(sk, owner);
    }
}

static __always_inline void tcp_listens(struct sock* sk, __u64 now) {
    struct socket_owner* owner = tcp_begin(sk, now, SONDE_DIRECTION_UNKNOWN);

    if (owner) {
        socket_user_is_current(&owner->user);
        listener_began(sk, &owner->user);
    }
}

static __always_inline void tcp_arrived(struct sock* sk, __u64 now) {
    struct socket_owner* owner = tcp_begin(sk, now, SONDE_DIRECTION_INCOMING);
    const struct listener* listener;

    if (!owner) {
        return;
    }
    owner->established = now;
    listener = listener_of(sk);
    if (listener) {
        owner->user = listener->user;
    } else {
        /* What was found open while it ended may have left its owner behind. */
        __builtin_memset(&owner->user, 0, sizeof(owner->user));
    }
}

/* Without an error it was given up by its own process before the peer answered. But one that never had a port of its own
 * found none to go out from: inet_hash_connect() comes after the change of state, tcp_v4_connect() of net/ipv4/tcp_ipv4.c. */
static __always_inline void tcp_failed(struct sonde_connection* record) {
    record->flags |= SONDE_CONNECTION_FAILED;
    if (!record->error) {
        record->error = record->local_port ? ECANCELED : EADDRNOTAVAIL;
    }
}

static __always_inline void tcp_closed(struct sock* sk, int before) {
    struct sonde_connection_event* event;
    struct socket_owner* owner;

    owner = socket_owner_find(sk);
    /* A listener, or a socket that never was more than bound, ends without a record. */
    if (before != TCP_LISTEN && before != TCP_CLOSE) {
        event = sonde_ring_reserve(SONDE_EVENT_CONNECTION, sizeof(*event));
        if (event) {
            tcp_record_fill(&event->connection, sk, owner, event->event.time);
            event->connection.state = before;
            event->connection.flags |= SONDE_CONNECTION_CLOSED;
            if (before == TCP_SYN_SENT || before == TCP_SYN_RECV) {
                tcp_failed(&event->connection);
            }
            sonde_ring_submit(event, sizeof(*event));
        }
    }
    if (owner) {
        if (before == TCP_LISTEN) {
            listener_ended(sk);
        }
        socket_owner_drop(sk);
    }
}

/* Whoever holds the socket's lock uses the connection. */
static __always_inline void tcp_taken(struct sock* sk) {
    struct socket_owner* owner;

    if (!socket_used_by_task(sk)) {
        return;
    }
    owner = socket_owner_find(sk);
    if (owner && owner->direction == SONDE_DIRECTION_INCOMING && !(owner->flags & SONDE_CONNECTION_ACCEPTED)) {
        socket_user_is_current(&owner->user);
        owner->flags |= SONDE_CONNECTION_ACCEPTED;
    }
}

/* The clock is read only where the time is kept. */
static __always_inline void tcp_state_changed(struct sock* sk, int before, int after) {
    struct socket_owner* owner;

    switch (after) {
    case TCP_SYN_SENT: tcp_opened(sk, bpf_ktime_get_ns()); return;
    case TCP_LISTEN: tcp_listens(sk, bpf_ktime_get_ns()); return;
    case TCP_SYN_RECV: return;
    case TCP_ESTABLISHED:
        if (before == TCP_SYN_RECV) {
            tcp_arrived(sk, bpf_ktime_get_ns());
            return;
        }
        owner = socket_owner_find(sk);
        if (owner) {
            owner->established = bpf_ktime_get_ns();
        }
        return;
    case TCP_CLOSE:
        tcp_taken(sk);
        tcp_closed(sk, before);
        return;
    default: tcp_taken(sk); return;
    }
}

/* `task` has the socket open. Sockets that are older than the agent are remembered from here on; accepted ones, and
 * those that were handed on, learn their process. */
static __always_inline void tcp_found_open(struct sock* sk, const struct task_struct* task) {
    struct socket_owner* owner = socket_owner_find(sk);

    if (!owner) {
        owner = tcp_begin(sk, 0, SONDE_DIRECTION_UNKNOWN);
        if (!owner) {
            return;
        }
        owner->flags = SONDE_CONNECTION_EXISTED;
    } else if (owner->direction != SONDE_DIRECTION_INCOMING || owner->flags & SONDE_CONNECTION_ACCEPTED) {
        return;
    }
    owner->flags |= SONDE_CONNECTION_ACCEPTED;
    socket_user_is(&owner->user, task);
    if (socket_read(sk, __sk_common.skc_state) == TCP_LISTEN) {
        listener_began(sk, &owner->user);
    } else {
        socket_owner_share(sk, owner);
    }
}
