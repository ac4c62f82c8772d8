/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Losses are counted where they happen: one counter per CPU, kind of event and reason. User space adds them up. */
#pragma once

#include "event.h"

enum sonde_loss_reason {
    SONDE_LOSS_RING_FULL = 0,  /* the record did not fit into the ring */
    SONDE_LOSS_MAP_FULL = 1,   /* no room to remember something that a later event needs */
    SONDE_LOSS_READ_FAULT = 2, /* memory could not be read: the record lacks a part, or was not made */
    SONDE_LOSS_TRUNCATED = 3,  /* a part of the record was cut at its limit; the record says so too */
    SONDE_LOSS_REASON_COUNT = 4,
};

#define SONDE_LOSS_COUNTERS (SONDE_EVENT_TYPE_COUNT * SONDE_LOSS_REASON_COUNT)

#ifdef __bpf__
#include "program.h"

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, SONDE_LOSS_COUNTERS);
    __type(key, __u32);
    __type(value, __u64);
} sonde_losses SEC(".maps") __weak;

static __always_inline void sonde_count_loss(__u32 type, __u32 reason) {
    __u32 key = type * SONDE_LOSS_REASON_COUNT + reason;
    __u64* counter = bpf_map_lookup_elem(&sonde_losses, &key);

    if (counter) {
        *counter += 1;
    }
}

static __always_inline void sonde_event_begin(struct sonde_event* event, __u32 type, __u32 size) {
    event->time = bpf_ktime_get_ns();
    event->type = type;
    event->size = size;
}
#endif
