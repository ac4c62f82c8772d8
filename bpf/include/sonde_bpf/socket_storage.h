/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The owner in the socket itself (socket-local storage): it goes when the socket goes, and costs no look-up by key. A
 * listener's is copied into each socket that it makes, so that an accepted connection knows its server from the start. */
#pragma once

#include "socket_owner.h"

struct {
    __uint(type, BPF_MAP_TYPE_SK_STORAGE);
    __uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
    __type(key, int);
    __type(value, struct socket_owner);
} socket_owners SEC(".maps") __weak;

#define socket_owner_find(sk) ((struct socket_owner*)bpf_sk_storage_get(&socket_owners, sk, 0, 0))
#define socket_owner_make(sk) \
    ((struct socket_owner*)bpf_sk_storage_get(&socket_owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE))
#define socket_owner_drop(sk) bpf_sk_storage_delete(&socket_owners, sk)
#define socket_owner_inherit(sk) ((void)0)
