/* SPDX-License-Identifier: Apache-2.0 */
/* Host extension "sonde.host.batch/1": keep a received batch beyond `consume`. A retained batch holds lane budget. */
#pragma once

#include "../batch.h"
#include "../host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SONDE_HOST_BATCH "sonde.host.batch/1"

typedef struct sonde_host_batch {
    uint32_t struct_size;
    uint32_t reserved;
    /* One more owner; the pointers in `batch` stay valid until release. [data | running | no | shared | 1.0] */
    void (*retain)(const sonde_host* host, const sonde_batch* batch) SONDE_NOEXCEPT;
    /* [any | all | no | the last release frees | 1.0] */
    void (*release)(const sonde_host* host, const sonde_batch* batch) SONDE_NOEXCEPT;
} sonde_host_batch;

#ifdef __cplusplus
} /* extern "C" */
#endif
