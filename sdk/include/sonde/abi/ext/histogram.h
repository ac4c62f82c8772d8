/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host extension "sonde.host.histogram/1": cells that say how values are spread, beside the single ones of
 * "sonde.host.metrics/1" and updated in the same way.
 */
#pragma once

#include "metrics.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SONDE_HOST_HISTOGRAM "sonde.host.histogram/1"
#define SONDE_HISTOGRAM_MAX_BOUNDS 32

typedef struct sonde_host_histogram {
    uint32_t struct_size;
    uint32_t reserved;
    /* The cells of a series, whose `kind` is not looked at: for each bound, ascending and in the metric's unit, how many
     * values were above the one before and at most this; then how many were above all; then the sum of all values.
     * `bound_count` + 2 cells in a row, for 1 to SONDE_HISTOGRAM_MAX_BOUNDS bounds, which are the same in all series of
     * a name. The same description gives the same cells. Refused, it answers SONDE_EXHAUSTED or SONDE_INVALID and gives
     * cells that are safe to use. [any | all | no | host owns the cells, valid until destroy | 1.1] */
    sonde_rc (*cells)(const sonde_host* host, const sonde_metric* metric, const uint64_t* bounds, uint64_t bound_count,
                      uint64_t** cells) SONDE_NOEXCEPT;
} sonde_host_histogram;

#ifdef __cplusplus
} /* extern "C" */
#endif
