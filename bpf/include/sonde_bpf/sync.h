/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* What calls that write files, and those that wait until they are on the disk, took in chosen processes: summed up by
 * process and call. */
#pragma once

#include "caller.h"
#include "types.h"

enum sonde_sync_call {
    SONDE_SYNC_FSYNC,
    SONDE_SYNC_FDATASYNC,
    SONDE_SYNC_SYNC_FILE_RANGE,
    SONDE_SYNC_MSYNC,
    SONDE_SYNC_WRITE,
    SONDE_SYNC_PWRITE64,
    SONDE_SYNC_WRITEV,
    SONDE_SYNC_PWRITEV,
    SONDE_SYNC_PWRITEV2,
    SONDE_SYNC_CALLS,
};

/* Bucket i > 0 holds what took more than 2^(i-1) us and at most 2^i us, the first one at most 1 us, the last one all
 * that took longer than the one before: 16.8 s. */
enum { SONDE_SYNC_BUCKETS = 26 };

struct sonde_sync_key {
    __u64 process_start; /* CLOCK_BOOTTIME ns */
    __u32 pid;
    __u32 call; /* sonde_sync_call */
};

struct sonde_sync_value {
    struct sonde_caller caller; /* the first thread that made the call; with the name of the process */
    __u64 since;                /* CLOCK_MONOTONIC ns, when that call began; 0: not filled in yet */
    __u64 duration;             /* ns, of all calls */
    __u64 bytes;                /* written */
    __u64 errors;               /* calls that failed; their time counts too */
    __u64 buckets[SONDE_SYNC_BUCKETS];
};
static_assert(sizeof(struct sonde_sync_key) == 16, "layout shared with user space");
static_assert(sizeof(struct sonde_sync_value) == 80 + 8 * SONDE_SYNC_BUCKETS, "layout shared with user space");

enum { SONDE_SYNC_NAMES = 8, SONDE_SYNC_NAME_SIZE = 16 };

/* A name of a process as the kernel keeps it, at most 15 bytes, then zeros; in words, which are compared at once. What
 * lies behind the first NUL is not compared: the kernel may have left something there. */
struct sonde_sync_name {
    __u64 words[SONDE_SYNC_NAME_SIZE / 8];
    __u64 masks[SONDE_SYNC_NAME_SIZE / 8];
};

struct sonde_sync_config {
    struct sonde_sync_name names[SONDE_SYNC_NAMES]; /* an empty one: none, nor after it */
};
static_assert(sizeof(struct sonde_sync_config) == 256, "layout shared with user space");
