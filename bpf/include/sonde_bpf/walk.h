/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Where an iterator over connections puts its records: an array that user space has mapped. A sequence file would hand
 * them over by 32 KiB, copied twice. The array should never be full, for the walk would end and begin again: user space
 * takes out while it goes on. It may set another length. The includer defines before:
 *   walk_publish(position, count)   lets user space read so many records, or does nothing
 *   socket_owner_find(sk)
 *
 * A socket may end, and another take its place, while it is read. Its owner leaves the table before that: what was read
 * counts if the owner is there afterwards. */
#pragma once

#include "program.h"
#include "tcp_record.h"

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 8192);
    __type(key, __u32);
    __type(value, struct sonde_connection);
} walk_records SEC(".maps") __weak;

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct sonde_walk);
} walk_position SEC(".maps") __weak;

/* What an iterator's program returns: done with this one, or the read ends with EAGAIN and the next begins with it
 * (kernel/bpf/bpf_iter.c). */
#define SONDE_WALK_NEXT 0
#define SONDE_WALK_FULL 1

static __always_inline _Bool walk_holds(struct sock* sk, __u64 cookie) {
    const struct socket_owner* owner = socket_owner_find(sk);

    return owner && owner->cookie == cookie;
}

/* The connection's record in its place; a walk has one reader at a time. */
static __always_inline int walk_tell(struct sock* sk, const struct socket_owner* owner) {
    const __u32 zero = 0;
    struct sonde_walk* position = bpf_map_lookup_elem(&walk_position, &zero);
    struct sonde_connection* place;
    __u64 written;
    __u32 at;

    if (!position) {
        return SONDE_WALK_NEXT;
    }
    written = position->written;
    if (written - position->taken >= position->room) {
        return SONDE_WALK_FULL;
    }
    at = written & (position->room - 1);
    place = bpf_map_lookup_elem(&walk_records, &at);
    if (!place) {
        return SONDE_WALK_FULL;
    }
    /* What began after the walk is not told before it began. */
    tcp_record_fill(place, sk, owner, owner->established > position->time ? owner->established : position->time);
    /* A socket in SYN_SENT gets its port a moment later (tcp_v4_connect() of net/ipv4/tcp_ipv4.c). */
    if (place->local_port && walk_holds(sk, place->cookie)) {
        position->written = written + 1;
        walk_publish(position, written + 1);
    }
    return SONDE_WALK_NEXT;
}

static __always_inline int walk_visit(struct sock* sk, const struct socket_owner* owner) {
    const int state = socket_read(sk, __sk_common.skc_state);

    if (!socket_is_tcp(sk) || state == TCP_LISTEN || state == TCP_CLOSE || state == TCP_SYN_RECV) {
        return SONDE_WALK_NEXT;
    }
    return walk_tell(sk, owner);
}
