/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Programs that do nothing, where the ebpf collector has those that run for each connection: what the kernel takes for
 * being asked at all. */
#include "sonde_bpf/program.h"

SONDE_LICENSE;

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(floor_state, struct sock* sk, int before, int after) { return 0; }

SEC("cgroup_skb/egress")
int floor_sent(struct __sk_buff* skb) { return 1; }

SEC("cgroup_skb/ingress")
int floor_received(struct __sk_buff* skb) { return 1; }
