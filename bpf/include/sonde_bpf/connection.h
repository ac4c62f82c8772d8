/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* What the kernel side says of one connection (TCP) or of one peer of a socket (UDP): in the ring when it ends or fails,
 * and from the iterator while it lives. All integers in host order, but addresses in network order; IPv4 is written as
 * the first four bytes of an address and zeros. Times are CLOCK_MONOTONIC nanoseconds. Counters are of the connection's
 * whole life, as the kernel itself counts them; of a connection that is older than the agent they are complete too. */
#pragma once

#include "event.h"

enum sonde_connection_direction {
    SONDE_DIRECTION_UNKNOWN = 0,
    SONDE_DIRECTION_OUTGOING = 1, /* connect() */
    SONDE_DIRECTION_INCOMING = 2, /* accept(), or the first datagram came from the peer */
};

enum sonde_connection_flags {
    SONDE_CONNECTION_CLOSED = 1 << 0,   /* the last word of it */
    SONDE_CONNECTION_FAILED = 1 << 1,   /* was never established; `error` says why */
    SONDE_CONNECTION_EXISTED = 1 << 2,  /* older than the agent: who opened it was not seen */
    SONDE_CONNECTION_ACCEPTED = 1 << 3, /* the process is the one that accepted it, not the listener's */
};

struct sonde_connection {
    __u64 cookie;        /* of the socket, unique since boot */
    __u64 time;          /* of this record */
    __u64 created;       /* connect(), the SYN's arrival, or the first datagram; 0: before the agent */
    __u64 established;   /* 0: never, or before the agent */
    __u64 cgroup_id;     /* of the process, cgroup v2; 0: unknown */
    __u64 process_start; /* CLOCK_BOOTTIME of the process; tells a reused pid; 0: unknown */
    __u64 sent_bytes; /* payload; TCP: each byte once, whether acknowledged or not */
    __u64 received_bytes;
    __u64 sent_packets;
    __u64 received_packets;
    __u8 local_address[16];
    __u8 remote_address[16];
    __u16 local_port;
    __u16 remote_port;
    __u32 network_namespace; /* inode */
    __u32 pid;               /* thread group, in the initial pid namespace; 0: unknown */
    __u32 tid;
    __u32 retransmits;    /* segments */
    __u32 rtt;            /* smoothed, microseconds; 0: none measured */
    __u32 rtt_variation;  /* microseconds */
    __u16 error;          /* errno of a failure, or of what ended the connection; 0: none */
    __u8 family;          /* AF_INET or AF_INET6; v4-mapped addresses are AF_INET */
    __u8 protocol;        /* IPPROTO_TCP or IPPROTO_UDP */
    __u8 direction;       /* sonde_connection_direction */
    __u8 state;           /* TCP state of include/net/tcp_states.h; 0 for UDP */
    __u16 flags;          /* sonde_connection_flags */
    char comm[16];        /* of the process; not always terminated */
    __u32 reserved;
};

/* SONDE_EVENT_CONNECTION in the ring: closed or failed. The iterators give sonde_connection alone. */
struct sonde_connection_event {
    struct sonde_event event;
    struct sonde_connection connection;
};

/* Of a walk over all connections: the kernel side puts its records into an array, over and over, and user space takes
 * them out while the walk goes on. Counts are of the whole walk; the place of record n is n modulo `room`. */
struct sonde_walk {
    __u64 written; /* records; the kernel side's own */
    __u64 filled;  /* of these, records that may be read. Kept up by kernels from 5.12 on; else all are when a read ends */
    __u64 time;    /* of these records: asking the clock for each would take a tenth of the walk. Set by user space */
    __u64 room;    /* length of the array, a power of two. Set by user space */
    __u64 resume;  /* the kernel side's own: where a bucket of the table goes on */
    __u64 reserved[3];
    __u64 taken; /* by user space: their places are free. In a cache line of its own */
    __u64 reserved_too[7];
};

static_assert(sizeof(struct sonde_connection) == 168, "layout shared with user space");
static_assert(sizeof(struct sonde_connection_event) == 184, "layout shared with user space");
