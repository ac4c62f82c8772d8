/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Counts the packets that an interface receives, by protocol. It looks at headers only, changes nothing and passes
 * every packet on. */
#include "sonde_bpf/program.h"

#include "sonde_bpf/xdp.h"

SONDE_LICENSE;

#define ETHERNET_SIZE 14
#define ETHERTYPE_AT 12
#define IPV4_PROTOCOL_AT (ETHERNET_SIZE + 9)
#define IPV6_PROTOCOL_AT (ETHERNET_SIZE + 6)

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, SONDE_TRAFFIC_CLASS_COUNT);
    __type(key, __u32);
    __type(value, struct sonde_traffic);
} xdp_traffic SEC(".maps");

static __always_inline __u32 class_of(const __u8* data, const __u8* end) {
    if (data + ETHERNET_SIZE + 10 > end) {
        return SONDE_TRAFFIC_OTHER;
    }
    switch (data[ETHERTYPE_AT] << 8 | data[ETHERTYPE_AT + 1]) {
    case 0x0800:
        switch (data[IPV4_PROTOCOL_AT]) {
        case 6: return SONDE_TRAFFIC_IPV4_TCP;
        case 17: return SONDE_TRAFFIC_IPV4_UDP;
        case 1: return SONDE_TRAFFIC_IPV4_ICMP;
        default: return SONDE_TRAFFIC_IPV4_OTHER;
        }
    case 0x86dd:
        switch (data[IPV6_PROTOCOL_AT]) {
        case 6: return SONDE_TRAFFIC_IPV6_TCP;
        case 17: return SONDE_TRAFFIC_IPV6_UDP;
        case 58: return SONDE_TRAFFIC_IPV6_ICMP;
        default: return SONDE_TRAFFIC_IPV6_OTHER;
        }
    case 0x0806: return SONDE_TRAFFIC_ARP;
    default: return SONDE_TRAFFIC_OTHER;
    }
}

SEC("xdp")
int xdp_observe(struct xdp_md* packet) {
    const __u8* data = (const __u8*)(long)packet->data;
    const __u8* end = (const __u8*)(long)packet->data_end;
    const __u32 key = class_of(data, end);
    struct sonde_traffic* traffic = bpf_map_lookup_elem(&xdp_traffic, &key);

    if (traffic) {
        traffic->packets += 1;
        traffic->bytes += end - data;
    }
    return XDP_PASS;
}
