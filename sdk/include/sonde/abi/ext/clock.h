/* SPDX-License-Identifier: Apache-2.0 */
/* Host extension "sonde.host.clock/1": the only clock of a plugin, so that tests can turn time by hand. */
#pragma once

#include "../host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SONDE_HOST_CLOCK "sonde.host.clock/1"

typedef struct sonde_host_clock {
    uint32_t struct_size;
    uint32_t reserved;
    /* CLOCK_MONOTONIC in ns. [any | all | no | - | 1.0] */
    int64_t (*monotonic)(const sonde_host* host) SONDE_NOEXCEPT;
    /* Unix time in ns. [any | all | no | - | 1.0] */
    int64_t (*wall)(const sonde_host* host) SONDE_NOEXCEPT;
    /* Unix time in ns of a CLOCK_MONOTONIC instant, by the present offset: right also after a clock step.
     * [any | all | no | - | 1.0] */
    int64_t (*monotonic_to_wall)(const sonde_host* host, int64_t monotonic) SONDE_NOEXCEPT;
} sonde_host_clock;

#ifdef __cplusplus
} /* extern "C" */
#endif
