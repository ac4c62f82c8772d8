/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Settings that user space writes before the programs are loaded. They are constants for the verifier, so that what is
 * switched off costs nothing. A family with settings of its own has a struct and a constant of its own. */
#pragma once

#include "types.h"

struct sonde_bpf_config {
    __u32 wake_bytes;      /* the reader is woken when so much waits in the ring; below that it comes by its timer */
    __u32 args_limit;      /* longest command line taken, in bytes; 0: none */
    __u32 containers_only; /* 1: only processes in a pid namespace other than the host's */
    __u32 reserved;
};

static_assert(sizeof(struct sonde_bpf_config) == 16, "layout shared with user space");

#ifdef __bpf__
#include "program.h"

const volatile struct sonde_bpf_config sonde_config __weak = {};
#endif
