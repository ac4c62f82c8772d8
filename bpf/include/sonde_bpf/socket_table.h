/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The owner in a table, by the address of the socket, from the socket's first state to its last. To make, find and free it
 * costs half of what a hash map of the kernel costs, and a fifth of storage in each socket: docs/adr/0011.
 *
 * Two arrays. Eight addresses in a cache line are a bucket, each place in it has an owner at the same place of the other
 * array. An address lies in either of two buckets, in that which has more room: with half of the places taken none is
 * turned away, and user space makes it so large. A place is taken by an exchange of zero for the address, and given back
 * with its owner cleared, so that whoever takes it begins with nothing. The state of one socket changes under its lock.
 *
 * Linux 5.12 or later: such exchanges (commit 5ffa25502b5a). */
#pragma once

#include "program.h"
#include "socket_owner.h"

#define SOCKET_PLACES 8
#define SOCKET_NO_PLACE (~0u)
#define SOCKET_ATTEMPTS 4

struct socket_bucket {
    __u64 holders[SOCKET_PLACES]; /* 0: free */
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 16384);
    __type(key, __u32);
    __type(value, struct socket_bucket);
} socket_buckets SEC(".maps") __weak;

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 131072); /* SOCKET_PLACES for each bucket */
    __type(key, __u32);
    __type(value, struct socket_owner);
} socket_places SEC(".maps") __weak;

/* The lower half of the address, of which the verifier lets a number be made, times an odd number that is as good as
 * random (D. Knuth, The Art of Computer Programming, volume 3, section 6.4). */
static __always_inline __u32 socket_bucket_of(const struct sock* sk, __u32 factor) {
    const __u32 buckets = ((const struct bpf_map*)&socket_buckets)->max_entries;
    __u32 low;

    asm volatile("%0 = %1" : "=w"(low) : "w"((__u32)(__u64)sk));
    return (__u64)(low * factor) * buckets >> 32;
}

#define socket_first_bucket(sk) socket_bucket_of(sk, 0x9e3779b1)
#define socket_second_bucket(sk) socket_bucket_of(sk, 0x85ebca6b)

static __always_inline __u32 socket_place_in(__u32 at, __u64 holder) {
    const struct socket_bucket* bucket = bpf_map_lookup_elem(&socket_buckets, &at);

    if (bucket) {
#pragma unroll
        for (__u32 i = 0; i < SOCKET_PLACES; ++i) {
            if (bucket->holders[i] == holder) {
                return at * SOCKET_PLACES + i;
            }
        }
    }
    return SOCKET_NO_PLACE;
}

static __always_inline __u32 socket_place_of(struct sock* sk) {
    const __u32 place = socket_place_in(socket_first_bucket(sk), (__u64)sk);

    return place != SOCKET_NO_PLACE ? place : socket_place_in(socket_second_bucket(sk), (__u64)sk);
}

static __always_inline _Bool socket_place_change(__u32 place, __u64 from, __u64 to) {
    const __u32 at = place / SOCKET_PLACES;
    struct socket_bucket* bucket = bpf_map_lookup_elem(&socket_buckets, &at);

    return bucket && __sync_val_compare_and_swap(&bucket->holders[place % SOCKET_PLACES], from, to) == from;
}

/* The second bucket is looked at if the first has lost its first half. */
static __always_inline __u32 socket_free_place(struct sock* sk) {
    const __u32 first = socket_place_in(socket_first_bucket(sk), 0);
    __u32 second;

    if (first != SOCKET_NO_PLACE && first % SOCKET_PLACES < SOCKET_PLACES / 2) {
        return first;
    }
    second = socket_place_in(socket_second_bucket(sk), 0);
    if (first == SOCKET_NO_PLACE || (second != SOCKET_NO_PLACE && second % SOCKET_PLACES < first % SOCKET_PLACES)) {
        return second;
    }
    return first;
}

static __always_inline struct socket_owner* socket_owner_at(__u32 place) {
    return bpf_map_lookup_elem(&socket_places, &place); /* null for SOCKET_NO_PLACE, which is beyond the end */
}

static __always_inline struct socket_owner* socket_owner_find(struct sock* sk) {
    return socket_owner_at(socket_place_of(sk));
}

/* Null: there is no room. */
static __always_inline struct socket_owner* socket_owner_make(struct sock* sk) {
    __u32 place = socket_place_of(sk);

    for (int i = 0; place == SOCKET_NO_PLACE && i < SOCKET_ATTEMPTS; ++i) {
        place = socket_free_place(sk);
        if (place == SOCKET_NO_PLACE) {
            return 0;
        }
        if (!socket_place_change(place, 0, (__u64)sk)) {
            place = SOCKET_NO_PLACE; /* another CPU was first */
        }
    }
    return socket_owner_at(place);
}

static __always_inline void socket_owner_drop(struct sock* sk) {
    const __u32 place = socket_place_of(sk);
    struct socket_owner* owner = socket_owner_at(place);

    if (owner) {
        __builtin_memset(owner, 0, sizeof(*owner));
        socket_place_change(place, (__u64)sk, 0);
    }
}
