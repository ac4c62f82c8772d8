/* SPDX-License-Identifier: Apache-2.0 */
/* Host extension "sonde.host.status/1": run-time health. Reporting triggers nothing by itself; policy is the host's. */
#pragma once

#include "../host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SONDE_HOST_STATUS "sonde.host.status/1"

enum {
    SONDE_STATUS_OK = 1,          /* everything that was configured works */
    SONDE_STATUS_RECOVERABLE = 2, /* degraded; may get better by itself */
    SONDE_STATUS_PERMANENT = 3,   /* degraded until somebody changes something */
    SONDE_STATUS_FATAL = 4        /* cannot go on; the host will apply its restart policy */
};

typedef struct sonde_host_status {
    uint32_t struct_size;
    uint32_t reserved;
    /* `reason` is a short lower_snake_case code, `text` says what is missing and what to do.
     * [any | all | no | both borrowed | 1.0] */
    void (*report)(const sonde_host* host, int32_t status, sonde_str reason, sonde_str text) SONDE_NOEXCEPT;
} sonde_host_status;

#ifdef __cplusplus
} /* extern "C" */
#endif
