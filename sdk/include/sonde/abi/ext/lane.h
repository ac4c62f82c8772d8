/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host extension "sonde.host.lane/1": the publish path of one instance. The host owns the buffers: reserve, write in
 * place, commit. A lane has a single writer, the data thread; between reserve and commit nothing else is called.
 */
#pragma once

#include "../host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SONDE_HOST_LANE "sonde.host.lane/1"

/* Why items were lost: a closed set, used by the host and reported by plugins for losses before the lane. */
enum {
    SONDE_REASON_LANE_FULL = 0,        /* the lane's byte budget was used up */
    SONDE_REASON_QUEUE_FULL = 1,       /* a lossy subscriber was too slow */
    SONDE_REASON_OVERSIZE = 2,         /* larger than the record limit */
    SONDE_REASON_MALFORMED = 3,        /* could not be decoded */
    SONDE_REASON_FILTERED = 4,         /* left out on purpose by configuration */
    SONDE_REASON_SHUTDOWN = 5,         /* still queued when the deadline of a stop came */
    SONDE_REASON_KERNEL_RING_FULL = 6, /* lost between kernel and plugin: ring buffer, netlink socket */
    SONDE_REASON_SAMPLED = 7,          /* left out by sampling */
    SONDE_REASON_FAILED = 8,           /* taken by a consumer that then failed: full disk, broken peer */
    SONDE_REASON_COUNT = 9
};

/* Room for one or more records inside the open batch. Set `struct_size` before reserve. */
typedef struct sonde_buffer {
    uint32_t struct_size;
    uint32_t stream;
    uint8_t* data;
    uint64_t capacity;
    void* opaque; /* the host's own */
} sonde_buffer;

typedef struct sonde_host_lane {
    uint32_t struct_size;
    uint32_t reserved;

    /* Open the stream of a topic, which ends with '/'; the same topic gives the same stream. At most 64 per lane.
     * [control, data | all | short | topic borrowed | 1.0] */
    sonde_rc (*open_stream)(const sonde_host* host, sonde_str topic, uint32_t* stream) SONDE_NOEXCEPT;

    /* Room for at least `size` bytes in the open batch of `stream`. Over budget: waits up to `timeout` ns, then
     * SONDE_AGAIN, with nothing counted; with a timeout of 0 SONDE_DROPPED at once, with one item counted as
     * lane_full. Larger than the record limit: SONDE_DROPPED, counted as oversize.
     * [data | running | up to timeout | host owns buffer->data until commit or abort | 1.0] */
    sonde_rc (*reserve)(const sonde_host* host, uint32_t stream, uint64_t size, int64_t timeout,
                        sonde_buffer* buffer) SONDE_NOEXCEPT;

    /* Publish the first `size` bytes as `items` complete records. [data | running | no | buffer is gone | 1.0] */
    sonde_rc (*commit)(const sonde_host* host, sonde_buffer* buffer, uint64_t size, uint32_t items) SONDE_NOEXCEPT;

    /* Give the room back unused; nothing is counted. [data | running | no | buffer is gone | 1.0] */
    void (*abort)(const sonde_host* host, sonde_buffer* buffer) SONDE_NOEXCEPT;

    /* Count items of a stream that were lost before they could be reserved. They count as produced and dropped.
     * [any | running | no | - | 1.0] */
    void (*drop)(const sonde_host* host, uint32_t stream, uint64_t items, uint64_t bytes,
                 uint32_t reason) SONDE_NOEXCEPT;

    /* Seal open batches now: call when the source has run dry, for the least latency.
     * [data | running | no | - | 1.0] */
    void (*flush)(const sonde_host* host) SONDE_NOEXCEPT;

    /* 1 if somebody subscribes to the stream's topic, so that work for nobody can be skipped.
     * [any | running | no | - | 1.0] */
    uint32_t (*has_subscriber)(const sonde_host* host, uint32_t stream) SONDE_NOEXCEPT;
} sonde_host_lane;

#ifdef __cplusplus
} /* extern "C" */
#endif
