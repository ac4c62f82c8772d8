/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* All connections that tcp.bpf.c knows, in every network namespace. An address becomes a socket that the verifier knows by
 * its type: Linux 6.2 or later (commit a35b9af4ec2c). */
#define SONDE_TYPED_SOCKETS
#define socket_as_tcp(sk) ((struct tcp_sock*)bpf_rdonly_cast(sk, bpf_core_type_id_kernel(struct tcp_sock)))
#define walk_socket(holder) ((struct sock*)bpf_rdonly_cast((void*)(holder), bpf_core_type_id_kernel(struct sock)))
#include "sonde_bpf/program.h"

/* Weak: a kernel without it refuses this program, not the whole object. */
extern void* bpf_rdonly_cast(const void* object, __u32 type) __ksym __weak;

#include "sonde_bpf/walk_table.h"

SONDE_LICENSE;

SEC("iter/bpf_map_elem")
int tcp_walk(struct bpf_iter__bpf_map_elem* on) { return walk_bucket(on->key, on->value); }
