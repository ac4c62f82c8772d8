/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* A file that was opened, by its real path, or could not be, by the path that was asked for. */
#pragma once

#include "caller.h"
#include "event.h"
#include "process.h"

enum sonde_file_flags {
    SONDE_FILE_PATH_CUT = 1 << 0, /* opened: outer components are missing; failed: the end is missing */
};

struct sonde_file_open {
    struct sonde_event event;
    struct sonde_caller caller;
    __u32 open_flags; /* of open(2), without O_CLOEXEC and O_LARGEFILE */
    __u32 mode;       /* of a file that might have been made, else 0 */
    __u16 error;      /* errno; 0: it was opened */
    __u16 path_size;  /* bytes of `path` that are there */
    __u32 flags;      /* sonde_file_flags */
    /* Opened: components, the innermost first, each with its NUL, as in process.h; failed: as given, with its NUL. */
    char path[SONDE_PATH_LIMIT];
};
static_assert(sizeof(struct sonde_file_open) == 80 + SONDE_PATH_LIMIT, "layout shared with user space");

enum { SONDE_FILE_PREFIXES = 8, SONDE_FILE_PREFIX_LIMIT = 128 };

/* "/a/b" in both of the forms that paths come in: "b\0a\0" is as long as "/a/b". */
struct sonde_file_prefix {
    __u32 size; /* 0: none, nor after it */
    char inward[SONDE_FILE_PREFIX_LIMIT];
    char plain[SONDE_FILE_PREFIX_LIMIT];
};

struct sonde_file_config {
    __u32 per_second; /* most records of all processors */
    struct sonde_file_prefix prefixes[SONDE_FILE_PREFIXES];
};
static_assert(sizeof(struct sonde_file_config) == 4 + 8 * 260, "layout shared with user space");
