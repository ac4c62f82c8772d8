/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The batch: unit of exchange on the bus. A fixed 96-byte header, then a body that is one protobuf message
 * (sonde.v1.EnvelopeBatch for schema id 1): first the resource record, then one record per envelope. All integers are
 * little endian. docs/formats/batch.md shows the header byte by byte, with test vectors.
 */
#pragma once

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SONDE_BATCH_MAGIC UINT64_C(0x4843544245444e53) /* "SNDEBTCH" read as little endian */
#define SONDE_BATCH_HEADER_SIZE 96
#define SONDE_BATCH_HEADER_REVISION 1

#define SONDE_SCHEMA_ENVELOPE_BATCH 1 /* sonde.v1.EnvelopeBatch */
#define SONDE_SCHEMA_ENVELOPE_BATCH_REVISION 1

/* A stream is one topic of one lane in one incarnation; sequence and item indexes count within it. */
typedef struct sonde_batch_header {
    uint64_t magic;
    uint16_t header_size;
    uint16_t header_revision;
    uint32_t flags; /* 0 */
    uint32_t lane_id;
    uint32_t incarnation; /* grows when the instance is restarted or replaced */
    uint32_t stream_id;   /* index of the topic within the lane */
    uint32_t schema_id;
    uint32_t schema_revision;
    uint32_t item_count;
    uint64_t sequence;   /* of this batch in its stream, from 0 */
    uint64_t first_item; /* items of this stream before this batch */
    uint64_t body_size;  /* bytes after the header */
    int64_t first_time;  /* CLOCK_MONOTONIC ns when the first item was reserved */
    int64_t last_time;   /* CLOCK_MONOTONIC ns when the batch was sealed */
    int64_t wall_offset; /* Unix time minus CLOCK_MONOTONIC in ns, at sealing */
    uint32_t checksum;   /* 0 inside a process; CRC-32C of the body (RFC 3720) when it crosses one */
    uint32_t reserved;
} sonde_batch_header;

/* A received batch: read-only, borrowed for the duration of `consume` unless retained (ext/batch.h). */
typedef struct sonde_batch {
    uint32_t struct_size;
    uint32_t item_count;
    const sonde_batch_header* header;
    sonde_str topic; /* ends with '/' */
    const uint8_t* body;
    uint64_t body_size;
    void* opaque; /* the host's own */
} sonde_batch;

#ifdef __cplusplus
} /* extern "C" */
#endif
