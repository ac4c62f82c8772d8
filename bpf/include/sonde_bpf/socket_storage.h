/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The owner in the socket itself (socket-local storage), for programs that cannot find it by the socket's address. It goes
 * when the socket goes; to make and to free it costs more than a microsecond. */
#pragma once

#include "socket_owner.h"

struct {
    __uint(type, BPF_MAP_TYPE_SK_STORAGE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, int);
    __type(value, struct socket_owner);
} socket_owners SEC(".maps") __weak;

#define socket_stored_owner(sk) ((struct socket_owner*)bpf_sk_storage_get(&socket_owners, sk, 0, 0))
#define socket_stored_owner_make(sk) \
    ((struct socket_owner*)bpf_sk_storage_get(&socket_owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE))
