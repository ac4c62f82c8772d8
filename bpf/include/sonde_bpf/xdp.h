/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* What the observer of an interface counts: the place in the per-CPU array `xdp_traffic` is the class of the packet. */
#pragma once

#include "types.h"

enum sonde_traffic_class {
    SONDE_TRAFFIC_IPV4_TCP = 0,
    SONDE_TRAFFIC_IPV4_UDP = 1,
    SONDE_TRAFFIC_IPV4_ICMP = 2,
    SONDE_TRAFFIC_IPV4_OTHER = 3,
    SONDE_TRAFFIC_IPV6_TCP = 4,
    SONDE_TRAFFIC_IPV6_UDP = 5,
    SONDE_TRAFFIC_IPV6_ICMP = 6,
    SONDE_TRAFFIC_IPV6_OTHER = 7, /* extension headers too: they are not followed */
    SONDE_TRAFFIC_ARP = 8,
    SONDE_TRAFFIC_OTHER = 9,
    SONDE_TRAFFIC_CLASS_COUNT = 10,
};

struct sonde_traffic {
    __u64 packets;
    __u64 bytes; /* from the link-layer header on */
};
static_assert(sizeof(struct sonde_traffic) == 16, "layout shared with user space");
