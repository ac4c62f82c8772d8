/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* One call that hands data to a TCP connection. Addresses as in connection.h. */
#pragma once

#include "event.h"

struct sonde_send {
    struct sonde_event event;
    __u64 bytes; /* asked for */
    __u64 cgroup_id;
    __u32 pid;
    __u32 tid;
    __u8 local_address[16]; /* network order; IPv4 is the first four bytes and zeros */
    __u8 remote_address[16];
    __u16 local_port; /* host order */
    __u16 remote_port;
    __u8 family; /* AF_INET or AF_INET6; v4-mapped addresses are AF_INET */
    __u8 reserved[3];
    char name[16];
};
static_assert(sizeof(struct sonde_send) == 96, "layout shared with user space");
