/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The first bytes of a TCP segment as they were captured at the socket of one end. Addresses are the socket's, as in
 * connection.h. A record has room for 128, 512 or 1024 bytes, of which `captured` are filled. */
#pragma once

#include "event.h"

enum { SONDE_PAYLOAD_CAPTURE = 1024 };

enum sonde_payload_flags {
    SONDE_PAYLOAD_SENT = 1 << 0,   /* by this end */
    SONDE_PAYLOAD_CLIENT = 1 << 1, /* this end was seen to connect */
    SONDE_PAYLOAD_SERVER = 1 << 2, /* this end was accepted, and nothing came before; neither: older than the program */
    SONDE_PAYLOAD_HEAD = 1 << 3,   /* begins like a head of HTTP/1.x */
    SONDE_PAYLOAD_ENDED = 1 << 4,  /* this end sends nothing more; the payload may be empty */
};

struct sonde_payload {
    struct sonde_event event;
    __u64 cookie; /* of the socket, unique since boot */
    __u8 local_address[16];
    __u8 remote_address[16];
    __u16 local_port;
    __u16 remote_port;
    __u32 network_namespace; /* inode; 0: unknown */
    __u32 sequence;          /* of the segment's first byte */
    __u32 length;            /* of the segment's payload; one segment may stand for several packets */
    __u16 captured;
    __u8 family; /* AF_INET or AF_INET6 */
    __u8 flags;  /* sonde_payload_flags */
    __u32 reserved;
    __u8 payload[SONDE_PAYLOAD_CAPTURE];
};

struct sonde_payload_config {
    __u32 capture;      /* most bytes of a segment, up to SONDE_PAYLOAD_CAPTURE */
    __u32 per_second;   /* most segments of all connections */
    __u32 sampled;      /* of 2^32 connections; the largest number: all */
    __u32 follows_http; /* 1: heads of HTTP/1.x are captured as long as the connection lives */
};

static_assert(sizeof(struct sonde_payload) == 80 + SONDE_PAYLOAD_CAPTURE, "layout shared with user space");
static_assert(sizeof(struct sonde_payload_config) == 16, "layout shared with user space");
