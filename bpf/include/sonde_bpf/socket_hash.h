/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* As socket_table.h, in a map of the kernel, for Linux before 5.12. */
#pragma once

#include "loss.h"
#include "socket_owner.h"

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 131072);
    __type(key, struct sock*);
    __type(value, struct socket_owner);
} hashed_owners SEC(".maps") __weak;

static __always_inline struct socket_owner* socket_owner_find(struct sock* sk) {
    return bpf_map_lookup_elem(&hashed_owners, &sk);
}

static __always_inline struct socket_owner* socket_owner_make(struct sock* sk) {
    struct socket_owner empty = {};
    struct socket_owner* owner = socket_owner_find(sk);

    if (!owner) {
        bpf_map_update_elem(&hashed_owners, &sk, &empty, BPF_NOEXIST);
        owner = socket_owner_find(sk);
    }
    return owner;
}

static __always_inline void socket_owner_drop(struct sock* sk) { bpf_map_delete_elem(&hashed_owners, &sk); }
