/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Whose listening sockets accept at which address. Nothing in a connection that arrives leads back to the listener that
 * made it, but it has the listener's address or a part of it. Where processes share an address (SO_REUSEPORT), no single
 * one is meant: their connections begin without a process. */
#pragma once

#include "loss.h"
#include "socket_owner.h"
#include "tcp_record.h"

struct listener_place {
    __be32 address[4]; /* as in connection.h; zeros: any */
    __u32 network_namespace;
    __be16 port;
    __u16 family; /* AF_INET6 with any address stands for IPv4 too */
};

struct listener {
    struct socket_user user;
    __u32 sockets;
    __u32 reserved;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 16384);
    __type(key, struct listener_place);
    __type(value, struct listener);
} listeners SEC(".maps") __weak;

static __always_inline void listener_place_of(struct listener_place* place, struct sock* sk) {
    struct tcp_sock* tcp = socket_as_tcp(sk);

    __builtin_memset(place, 0, sizeof(*place));
    place->network_namespace = socket_network_namespace(sk);
    if (tcp) {
        place->port = socket_read(tcp, inet_conn.icsk_inet.inet_sport);
    }
    place->family = AF_INET;
    if (socket_read(sk, __sk_common.skc_family) == AF_INET) {
        place->address[0] = socket_read(sk, __sk_common.skc_rcv_saddr);
        return;
    }
    for (int i = 0; i < 4; ++i) {
        place->address[i] = socket_read(sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[i]);
    }
    if (!address_is_v4_mapped(place->address)) {
        place->family = AF_INET6;
        return;
    }
    place->address[0] = place->address[3];
    place->address[2] = place->address[3] = 0;
}

static __always_inline void listener_began(struct sock* sk, const struct socket_user* user) {
    struct listener made = {.user = *user, .sockets = 1};
    struct listener_place place;
    struct listener* there;

    listener_place_of(&place, sk);
    if (!bpf_map_update_elem(&listeners, &place, &made, BPF_NOEXIST)) {
        return;
    }
    there = bpf_map_lookup_elem(&listeners, &place);
    if (!there) {
        sonde_count_loss(SONDE_EVENT_CONNECTION, SONDE_LOSS_MAP_FULL);
        return;
    }
    __sync_fetch_and_add(&there->sockets, 1);
    if (there->user.pid != user->pid) {
        __builtin_memset(&there->user, 0, sizeof(there->user));
    }
}

static __always_inline void listener_ended(struct sock* sk) {
    struct listener_place place;
    struct listener* there;

    listener_place_of(&place, sk);
    there = bpf_map_lookup_elem(&listeners, &place);
    if (!there) {
        return;
    }
    __sync_fetch_and_add(&there->sockets, -1);
    if (!there->sockets) {
        bpf_map_delete_elem(&listeners, &place);
    }
}

/* As the kernel chooses: the address itself before any address, and that of the family before that of both. */
static __always_inline const struct listener* listener_of(struct sock* sk) {
    const struct listener* found;
    struct listener_place place;

    listener_place_of(&place, sk);
    found = bpf_map_lookup_elem(&listeners, &place);
    if (found) {
        return found;
    }
    __builtin_memset(place.address, 0, sizeof(place.address));
    found = bpf_map_lookup_elem(&listeners, &place);
    if (found || place.family == AF_INET6) {
        return found;
    }
    place.family = AF_INET6;
    return bpf_map_lookup_elem(&listeners, &place);
}
