/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* What every record in the ring begins with, and the kinds of records. A number is never given twice. */
#pragma once

#include "types.h"

enum sonde_event_type {
    SONDE_EVENT_EXEC = 1,
    SONDE_EVENT_FORK = 2,
    SONDE_EVENT_EXIT = 3,
    SONDE_EVENT_PROCESS = 4, /* what is there: from the task iterator, not from the ring */
    SONDE_EVENT_OOM_KILL = 5,
    SONDE_EVENT_SIGNAL = 6,
    SONDE_EVENT_SEND = 7,
    SONDE_EVENT_CONNECTION = 8,
    SONDE_EVENT_DNS = 9,
    SONDE_EVENT_PAYLOAD = 10,
    SONDE_EVENT_CGROUP = 11,
    SONDE_EVENT_USAGE = 12,  /* what a process uses: from the task iterator */
    SONDE_EVENT_THREAD = 13, /* likewise, of a thread that is not the first of its process */
    SONDE_EVENT_CONNECT = 14,
    SONDE_EVENT_FILE_OPEN = 15,
    SONDE_EVENT_CGROUP_GONE = 16,
    SONDE_EVENT_NAMESPACE = 17,
    SONDE_EVENT_SYNC = 18, /* never in the ring: sums in a map, and their losses */
};
#define SONDE_EVENT_TYPE_COUNT 32 /* room for more */

struct sonde_event {
    __u64 time; /* CLOCK_MONOTONIC ns */
    __u32 type; /* sonde_event_type */
    __u32 size; /* of the whole record, this header included */
};

static_assert(sizeof(struct sonde_event) == 16, "layout shared with user space");
