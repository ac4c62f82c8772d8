/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* A walk over the sockets of socket_table.h, bucket by bucket. The includer defines before:
 *   walk_socket(holder)   the socket at that address */
#pragma once

#include "socket_table.h"

/* An exchange: of BPF's writes one that is fully ordered wherever it runs (swpal in arch/arm64/net/bpf_jit_comp.c). */
#define walk_publish(position, count) ((void)__sync_lock_test_and_set(&(position)->filled, count))
#include "walk.h"

static __noinline int walk_place(__u32 place, __u64 holder) {
    const struct socket_owner* owner = socket_owner_at(place);

    return owner ? walk_visit(walk_socket(holder), owner) : SONDE_WALK_NEXT;
}

/* When the array is full, the kernel begins again with the same bucket: with the place in it that was not told. */
static __always_inline int walk_bucket(const __u32* index, const struct socket_bucket* bucket) {
    const __u32 zero = 0;
    struct sonde_walk* position = bpf_map_lookup_elem(&walk_position, &zero);

    if (!index || !bucket || !position) {
        return SONDE_WALK_NEXT;
    }
#pragma unroll
    for (__u32 i = 0; i < SOCKET_PLACES; ++i) {
        const __u64 holder = bucket->holders[i];

        if (holder && i >= position->resume && walk_place(*index * SOCKET_PLACES + i, holder) == SONDE_WALK_FULL) {
            position->resume = i;
            return SONDE_WALK_FULL;
        }
    }
    position->resume = 0;
    return SONDE_WALK_NEXT;
}
