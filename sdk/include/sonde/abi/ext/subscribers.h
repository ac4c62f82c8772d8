/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host extension "sonde.host.subscribers/1": lets an enricher that holds state know when somebody new listens, as
 * SONDE_SIGNAL_SUBSCRIBER does for a collector. The host calls `idle` soon after the number has grown.
 */
#pragma once

#include "../host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SONDE_HOST_SUBSCRIBERS "sonde.host.subscribers/1"

typedef struct sonde_host_subscribers {
    uint32_t struct_size;
    uint32_t reserved;
    /* How often somebody new who wants state has begun to listen to a stream of this instance's lane.
     * [any | all | no | - | 1.1] */
    uint64_t (*arrived)(const sonde_host* host) SONDE_NOEXCEPT;
} sonde_host_subscribers;

#ifdef __cplusplus
} /* extern "C" */
#endif
