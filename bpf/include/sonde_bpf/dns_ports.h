/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Which ports speak DNS, as the configuration has it. The verifier knows it too, and leaves out what is never reached. */
#pragma once

#include "program.h"
#include "udp.h"

const volatile struct sonde_udp_config sonde_udp_config __weak = {};

static __always_inline _Bool is_dns_port(__u16 port) {
    if (!sonde_udp_config.captures_dns) {
        return 0;
    }
    for (int i = 0; i < 8 && sonde_udp_config.dns_ports[i]; ++i) {
        if (sonde_udp_config.dns_ports[i] == port) {
            return 1;
        }
    }
    return 0;
}
