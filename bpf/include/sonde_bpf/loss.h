/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Losses are counted where they happen: one counter per CPU, kind of event and reason, so that none
 * waits for another. User space adds them up. */
#pragma once

#include "event.h"

enum sonde_loss_reason {
    SONDE_LOSS_RING_FULL = 0,    /* the record did not fit into the ring */
    SONDE_LOSS_MAP_FULL = 1,     /* no room to remember something that a later event needs */
    SONDE_LOSS_READ_FAULT = 2,   /* memory could not be read: the record lacks a part, or was not made */
    SONDE_LOSS_TRUNCATED = 3,    /* a part of the record was cut at its limit; the record says so too */
    SONDE_LOSS_RATE_LIMITED = 4, /* more in a second than was asked for: the record was not made */
};
#define SONDE_LOSS_REASON_COUNT 5
#define SONDE_LOSS_REASON_PLACES 8 /* a power of two, which the verifier can follow */
#define SONDE_LOSS_COUNTERS (SONDE_EVENT_TYPE_COUNT * SONDE_LOSS_REASON_PLACES)

struct sonde_losses {
    __u64 counts[SONDE_LOSS_COUNTERS]; /* type * SONDE_LOSS_REASON_PLACES + reason */
};
static_assert(sizeof(struct sonde_losses) == 2048, "layout shared with user space");

#ifdef __bpf__
#include "program.h"

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct sonde_losses);
} sonde_losses SEC(".maps") __weak;

static __always_inline void sonde_count_loss(__u32 type, __u32 reason) {
    const __u32 zero = 0;
    struct sonde_losses* losses = bpf_map_lookup_elem(&sonde_losses, &zero);

    if (losses) {
        losses->counts[(type * SONDE_LOSS_REASON_PLACES + reason) % SONDE_LOSS_COUNTERS] += 1;
    }
}

static __always_inline void sonde_event_begin(struct sonde_event* event, __u32 type, __u32 size) {
    event->time = bpf_ktime_get_ns();
    event->type = type;
    event->size = size;
}
#endif
