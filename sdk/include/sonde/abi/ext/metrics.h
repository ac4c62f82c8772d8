/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host extension "sonde.host.metrics/1": host-owned 64-bit cells that the plugin updates with relaxed atomic
 * operations and the host reads for /metrics, /debug/stats and /modules/{name}/stats.
 */
#pragma once

#include "../host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SONDE_HOST_METRICS "sonde.host.metrics/1"

enum { SONDE_METRIC_COUNTER = 1 /* uint64, only grows */, SONDE_METRIC_GAUGE = 2 /* int64 */ };

typedef struct sonde_metric {
    uint32_t struct_size;
    uint32_t kind;
    const char* name; /* dotted, e.g. "process.scan.errors"; the host prefixes "sonde." and adds the instance */
    const char* unit; /* UCUM: "By", "s", "{event}" */
    const char* help;
    const sonde_str* attributes; /* key, value, key, value, ... */
    uint64_t attribute_count;    /* strings in `attributes`: an even number, at most 8 */
} sonde_metric;

typedef struct sonde_host_metrics {
    uint32_t struct_size;
    uint32_t reserved;
    /* The cell of a series; the same description gives the same cell. Beyond the host's series limit it answers
     * SONDE_EXHAUSTED and gives the overflow cell, which is safe to use.
     * [any | all | no | host owns the cell, valid until destroy | 1.0] */
    sonde_rc (*cell)(const sonde_host* host, const sonde_metric* metric, uint64_t** cell) SONDE_NOEXCEPT;
} sonde_host_metrics;

#ifdef __cplusplus
} /* extern "C" */
#endif
