/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* One connect() call of a TCP or UDP socket, told when it is made; and again, with an error, if the kernel refuses it
 * before anything has been sent. */
#pragma once

#include "caller.h"
#include "event.h"

struct sonde_connect {
    struct sonde_event event;
    struct sonde_caller caller; /* its network namespace is that of the socket */
    __u64 cookie;               /* of the socket, unique since boot; 0: it has none */
    __u8 address[16];           /* network order, as the program gave it; IPv4 is the first four bytes and zeros */
    __u16 port;                 /* host order */
    __u16 error;                /* errno; 0: the call is being made */
    __u8 family;                /* AF_INET or AF_INET6; v4-mapped addresses are AF_INET */
    __u8 protocol;              /* IPPROTO_TCP or IPPROTO_UDP */
    __u8 reserved[2];
};
static_assert(sizeof(struct sonde_connect) == 96, "layout shared with user space");
