/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* What every kernel program includes first. Constants of the kernel's user-space interface come from its UAPI headers;
 * its inner types come from kernel_types.h, by CO-RE. */
#pragma once

#include <linux/bpf.h>

#include "types.h"

#include <bpf/bpf_helpers.h>

#include "kernel_types.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

/* Some helpers are for programs with a GPL-compatible licence only. */
#define SONDE_LICENSE char sonde_license[] SEC("license") = "Dual BSD/GPL"
