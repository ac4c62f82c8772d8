/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The one ring that all families write to. Waking the reader costs more than a record: records are submitted without
 * it, the reader comes by its timer, and is woken only by the record that fills the ring up to `wake_bytes`. */
#pragma once

#include "config.h"
#include "event.h"
#include "loss.h"
#include "program.h"

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 8 << 20); /* user space sets the configured size before the load */
} sonde_ring SEC(".maps") __weak;

/* `pending` bytes wait in the ring, `size` of them for this record. */
static __always_inline __u64 sonde_ring_wake(__u64 pending, __u64 size) {
    const __u64 threshold = sonde_config.wake_bytes;

    return pending >= threshold && pending - size < threshold ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

/* Room for a record of `size`, a constant, with its header filled; null, and counted, if the ring is full. */
static __always_inline void* sonde_ring_reserve(__u32 type, __u32 size) {
    struct sonde_event* event = bpf_ringbuf_reserve(&sonde_ring, size, 0);

    if (!event) {
        sonde_count_loss(type, SONDE_LOSS_RING_FULL);
        return 0;
    }
    sonde_event_begin(event, type, size);
    return event;
}

static __always_inline void sonde_ring_submit(void* record, __u32 size) {
    bpf_ringbuf_submit(record, sonde_ring_wake(bpf_ringbuf_query(&sonde_ring, BPF_RB_AVAIL_DATA), size));
}

/* Copies a record of variable size, which was put together elsewhere; its header is filled. */
static __always_inline void sonde_ring_output(struct sonde_event* record, __u64 size) {
    const __u64 pending = bpf_ringbuf_query(&sonde_ring, BPF_RB_AVAIL_DATA);

    if (bpf_ringbuf_output(&sonde_ring, record, size, sonde_ring_wake(pending + size, size))) {
        sonde_count_loss(record->type, SONDE_LOSS_RING_FULL);
    }
}
