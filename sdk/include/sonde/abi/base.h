/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ground rules of the sonde plugin ABI: version, result codes, borrowed text, caller-provided errors.
 *
 * Contract tags. Every function in these headers carries one line of five fields:
 *   [thread | states | blocking | ownership | since]
 *   thread    control  lifecycle and configuration; one call at a time per instance
 *             data     the instance's own data thread; never concurrent with itself
 *             any      thread-safe, from any thread that the host or the plugin made
 *   states    when the call is legal: created, configured, running, stopped, or "all"
 *   blocking  "no" (microseconds), "short" (milliseconds) or "yes" (until told to stop)
 *   ownership who owns what is passed; "borrowed" is valid only until the call returns
 *   since     the ABI minor that introduced the function
 *
 * Growth. Every struct passed by pointer starts with `struct_size`. A reader uses a member only if the member lies
 * inside that size; a writer zeroes the whole struct first. Members are appended, never moved or removed in a major.
 */
#pragma once

#include <stdint.h>

#define SONDE_ABI_MAJOR 1
#define SONDE_ABI_MINOR 1

/* The host compiles with SONDE_ABI_MAY_THROW: it must survive a plugin that breaks the no-throw rule. */
#if defined(__cplusplus) && !defined(SONDE_ABI_MAY_THROW)
#define SONDE_NOEXCEPT noexcept
#else
#define SONDE_NOEXCEPT
#endif

#define SONDE_EXPORT __attribute__((visibility("default"), used))

#ifdef __cplusplus
extern "C" {
#endif

/* Result of every call that can fail. Zero is success; the values are frozen. */
typedef int32_t sonde_rc;
enum {
    SONDE_OK = 0,
    SONDE_AGAIN = 1,       /* no room now; the same call may succeed later */
    SONDE_DROPPED = 2,     /* the item was refused and has been counted as lost by the host */
    SONDE_INVALID = 3,     /* an argument, option or input is wrong; the error text says which */
    SONDE_UNSUPPORTED = 4, /* this host, kernel or build cannot do it */
    SONDE_DENIED = 5,      /* a permission or capability is missing */
    SONDE_EXHAUSTED = 6,   /* a limit was reached */
    SONDE_TIMEOUT = 7,
    SONDE_STOPPED = 8,  /* the instance or host is stopping */
    SONDE_FAILED = 9,   /* the environment failed: file, network, peer */
    SONDE_INTERNAL = 10 /* a defect in the callee */
};

/* Borrowed UTF-8 text, not NUL-terminated. `data` may be null only if `size` is zero. */
typedef struct sonde_str {
    const char* data;
    uint64_t size;
} sonde_str;

/* Filled by the callee when a call fails. The caller owns it and sets `struct_size`. Both texts are NUL-terminated. */
typedef struct sonde_error {
    uint32_t struct_size;
    sonde_rc code;
    char key[120];  /* dotted option key or path that the error is about; empty if none */
    char text[512]; /* what failed, where, and what the reader can change */
} sonde_error;

#ifdef __cplusplus
} /* extern "C" */
#endif
