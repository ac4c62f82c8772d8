/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host extension "sonde.host.input/1": for an instance with a subscription that stands for somebody elsewhere, such as
 * a remote reader that begins to listen while the subscription has been there for long.
 */
#pragma once

#include "../host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SONDE_HOST_INPUT "sonde.host.input/1"

typedef struct sonde_host_input {
    uint32_t struct_size;
    uint32_t reserved;
    /* Those whose topics this instance subscribes to tell their state again, as to a new subscriber. Returns before
     * they do. [any | running | no | - | 1.1] */
    void (*ask_state)(const sonde_host* host) SONDE_NOEXCEPT;
} sonde_host_input;

#ifdef __cplusplus
} /* extern "C" */
#endif
