/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* A cgroup as it comes into being, and as it goes. */
#pragma once

#include "event.h"

enum { SONDE_CGROUP_PATH = 1024 };

struct sonde_cgroup {
    struct sonde_event event;
    __u64 id;
    __u32 path_size; /* without the zero at its end */
    __u32 reserved;
    char path[SONDE_CGROUP_PATH]; /* below the root of cgroup v2 */
};

struct sonde_cgroup_gone {
    struct sonde_event event;
    __u64 id;
};

static_assert(sizeof(struct sonde_cgroup_gone) == 24, "layout shared with user space");
static_assert(sizeof(struct sonde_cgroup) == 32 + SONDE_CGROUP_PATH, "layout shared with user space");
