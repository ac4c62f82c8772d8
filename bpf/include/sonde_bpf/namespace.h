/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* A thread that comes to another network namespace, or a network namespace that ends. */
#pragma once

#include "caller.h"
#include "event.h"

enum sonde_namespace_call {
    SONDE_NAMESPACE_NONE = 0, /* nobody's call: the namespace ended */
    SONDE_NAMESPACE_CLONE = 1,
    SONDE_NAMESPACE_UNSHARE = 2,
    SONDE_NAMESPACE_SETNS = 3,
};

struct sonde_namespace {
    struct sonde_event event;
    struct sonde_caller caller; /* as it is after the call; of a clone the child; of an end all zero */
    __u32 before;               /* inode of the network namespace; of an end the one that ended */
    __u32 call;                 /* sonde_namespace_call */
};
static_assert(sizeof(struct sonde_namespace) == 72, "layout shared with user space");
