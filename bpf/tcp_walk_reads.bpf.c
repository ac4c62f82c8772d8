/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* tcp_walk.bpf.c for kernels that make no socket of an address (before 6.2): each field is read by a call. */
#define walk_socket(holder) ((struct sock*)(holder))
#include "sonde_bpf/walk_table.h"

SONDE_LICENSE;

SEC("iter/bpf_map_elem")
int tcp_walk_reads(struct bpf_iter__bpf_map_elem* on) { return walk_bucket(on->key, on->value); }
