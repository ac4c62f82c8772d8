/* SPDX-License-Identifier: Apache-2.0 */
/* Host extension "sonde.host.log/1": structured, rate-limited per call site; suppressed lines are counted. */
#pragma once

#include "../host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SONDE_HOST_LOG "sonde.host.log/1"

enum { SONDE_LOG_TRACE = 0, SONDE_LOG_DEBUG = 1, SONDE_LOG_INFO = 2, SONDE_LOG_WARN = 3, SONDE_LOG_ERROR = 4 };

/* Where the line comes from: the key of the rate limit. */
typedef struct sonde_log_site {
    const char* file;
    int32_t line;
    uint32_t reserved;
} sonde_log_site;

typedef struct sonde_host_log {
    uint32_t struct_size;
    int32_t threshold; /* lines below this level are not written; a plugin may skip formatting them */
    /* [any | all | no | both borrowed | 1.0] */
    void (*write)(const sonde_host* host, int32_t level, const sonde_log_site* site, sonde_str message) SONDE_NOEXCEPT;
} sonde_host_log;

#ifdef __cplusplus
} /* extern "C" */
#endif
